"""The page that reads reviews: its numbers are those of `birnn_ref`, and it works from disk, by key and by touch."""

import base64
import json
import types

import numpy as np
import onnx
import pytest
import review_reader
from browsing import Visit, violations
from needs import need
from sphinx.errors import ExtensionError

from birnn_ref.datasets.reviews import UNKNOWN, words
from birnn_ref.experiments import load_result
from birnn_ref.experiments.part3 import reader_model
from birnn_ref.experiments.reviews import reviews
from birnn_ref.losses import binary_cross_entropy
from birnn_ref.models import Classifier
from birnn_ref.train import evaluate
from birnn_ref.twins.onnx import from_onnx, to_onnx

PAGE = "part3_keras_imdb/read_a_review.html"
FOLDER = review_reader.BOOK / "reader"
MODEL = from_onnx(onnx.load(FOLDER / "model.onnx"))
LISTED = json.loads((FOLDER / "words.json").read_text())
EXAMPLE = load_result("reader_model")["runs"][0]["example"]
SENTENCES = {
    "the film was good": ["the", "film", "was", "good"],
    "It isn’t BAD; it's “worse”!": ["it", "isn't", "bad", "it's", "worse"],
    "ok": ["ok"],
    "a zqxj <b>film</b> & 'more'": ["a", "zqxj", "b", "film", "b", "more"],
    "the end " * 40: ["the", "end"] * 40,
}


def ids_of(said):
    ids = {word: LISTED["first"] + rank for rank, word in enumerate(LISTED["words"])}
    return np.array([ids.get(word, UNKNOWN) for word in said])


def logit(text):
    return MODEL.forward(ids_of(text.split())[None]).item()


@pytest.mark.parametrize("text", SENTENCES)
def test_the_package_splits_a_review_as_the_page_does(text):
    assert words(text) == SENTENCES[text]


@pytest.fixture(scope="module")
def runtime(site):
    script = site / "_static" / "reader" / "runtime.js"
    need("onnxruntime", script.is_file(), "the book was built without ONNX Runtime Web")


@pytest.fixture
def visit(site, browser):
    with Visit(browser, site / PAGE, has_touch=True) as visit:
        visit.page.wait_for_selector(".review-reader tbody tr")
        yield visit


def read(page, text):
    page.get_by_label("A sentence or a review").fill(text)
    page.get_by_role("button", name="Read it").click()
    finished(page)


def finished(page):
    page.wait_for_function("!('busy' in document.querySelector('.review-reader').dataset)")


def says(page):
    return page.locator(".rr-says").text_content()


def table(page):
    """The words of the table, and its numbers ``(3, time)``: forward, backward, both."""
    words = page.locator(".review-reader tbody th").evaluate_all(
        "cells => cells.map(c => c.firstChild.textContent.trim())"
    )
    values = page.locator(".review-reader td").evaluate_all("cells => cells.map(c => Number(c.dataset.value))")
    return words, np.array(values).reshape(-1, 3).T


@pytest.mark.usefixtures("runtime")
class TestNumbers:
    @pytest.mark.parametrize("text", SENTENCES)
    def test_they_are_the_packages(self, text, visit):
        read(visit.page, text)
        words, found = table(visit.page)
        assert words == SENTENCES[text]
        ids = ids_of(words)
        parts = reader_model.read(MODEL, ids)
        expected = [part[0, :, 0] for part in (parts.forward, parts.backward, parts.total)]
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)
        logit = float(visit.page.locator(".review-reader").get_attribute("data-logit"))
        assert logit == pytest.approx(MODEL.forward(ids[None]).item(), abs=1e-5)
        assert ("Positive" if logit > 0 else "Negative") in says(visit.page)
        assert visit.faults == []

    @pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
    def test_of_every_cell(self, cell, visit):
        rng = np.random.default_rng(0)
        model = Classifier(cell, 20, 3, 4, pooling="mean", rng=rng)
        for _, value in model.named_parameters():
            value[...] = rng.normal(size=value.shape)
        ids = rng.integers(0, 20, 9)
        graph = base64.b64encode(to_onnx(model).SerializeToString()).decode()
        found = visit.page.evaluate("([ids, graph]) => ReviewReader.run(ids, graph)", [ids.tolist(), graph])
        parts = reader_model.read(model, ids)
        for name, part in (("forward", parts.forward), ("backward", parts.backward), ("y", parts.total)):
            np.testing.assert_allclose(found[name], part[0, :, 0], rtol=0, atol=1e-5)
        assert found["logit"] == pytest.approx(model.forward(ids[None]).item(), abs=1e-5)


@pytest.mark.usefixtures("runtime")
class TestPage:
    def test_nothing_is_loaded_before_it_is_asked_for(self, visit):
        visit.page.wait_for_timeout(500)
        assert not [address for address in visit.asked if "/_static/reader/" in address]
        read(visit.page, "a good film")
        assert [a.rpartition("/")[2] for a in visit.asked if "/_static/reader/" in a] == ["model.js", "runtime.js"]

    def test_works_by_keyboard(self, visit):
        visit.page.get_by_label("A sentence or a review").focus()
        visit.page.keyboard.press("Control+A")
        visit.page.keyboard.type("terrible")
        visit.page.keyboard.press("Tab")
        visit.page.keyboard.press("Enter")
        finished(visit.page)
        assert table(visit.page)[0] == ["terrible"]
        assert "Negative" in says(visit.page)

    def test_works_by_touch(self, visit):
        visit.page.get_by_role("button", name="This film is not good.").tap()
        finished(visit.page)
        assert table(visit.page)[0] == ["this", "film", "is", "not", "good"]

    def test_marks_words_that_the_model_does_not_know(self, visit):
        read(visit.page, "a zqxj film")
        assert visit.page.locator(".rr-unknown").count() == 1
        assert "zqxj" in visit.page.locator("th:has(.rr-unknown)").text_content()

    def test_says_that_there_is_nothing_to_read_and_then_reads_on(self, visit):
        read(visit.page, " ... ")
        assert "there is no word to read" in says(visit.page)
        read(visit.page, "good")
        assert table(visit.page)[0] == ["good"]

    def test_reads_a_long_text_to_its_limit_and_says_so(self, visit):
        read(visit.page, "good " * 300)
        assert len(table(visit.page)[0]) == 200
        assert "Only the first 200 words" in says(visit.page)

    def test_reads_while_one_types_and_leaves_no_old_verdict(self, visit):
        read(visit.page, "the film was good")
        text = visit.page.get_by_label("A sentence or a review")
        text.press_sequentially(" and")
        assert "sure" not in says(visit.page)
        visit.page.wait_for_function("document.querySelectorAll('.review-reader tbody tr').length === 5")
        assert table(visit.page)[0][-1] == "and"
        assert visit.page.locator(".rr-sentence b").all_text_contents() == table(visit.page)[0]

    def test_says_when_it_can_only_guess(self, visit):
        read(visit.page, "der film war zqxj aber gut gemacht")
        assert "most of the words are unknown" in says(visit.page)

    @pytest.mark.parametrize("scheme", ["light", "dark"])
    @pytest.mark.parametrize("width", [360, 1440])
    def test_is_open_to_all_after_reading(self, scheme, width, site, browser):
        with Visit(browser, site / PAGE, width=width, scheme=scheme) as visit:
            read(visit.page, "the best and the worst film")
            assert violations(visit.page) == []
            assert visit.page.evaluate("document.documentElement.scrollWidth") <= width


def test_each_direction_reads_from_its_own_end(visit):
    visit.page.get_by_label("read up to step").fill("2")
    rows = visit.page.locator(".review-reader tbody tr").evaluate_all(
        "rows => rows.map(row => [...row.querySelectorAll('td')].map(cell => cell.textContent !== ''))"
    )
    count = len(EXAMPLE["words"])
    assert rows == [[t < 2, t >= count - 2, False] for t in range(count)]


def test_a_text_that_was_not_read_yet_has_no_verdict(visit):
    assert "sure" in says(visit.page)
    visit.page.get_by_label("A sentence or a review").press_sequentially("x")
    assert "sure" not in says(visit.page)
    assert visit.page.evaluate("performance.getEntriesByType('resource').every(r => !r.name.includes('runtime.js'))")


def test_each_shade_can_be_seen(visit):
    """The weakest as well as the strongest."""
    levels = visit.page.locator(".review-reader td[style]").evaluate_all(
        "cells => cells.map(c => Number(c.style.getPropertyValue('--level')))"
    )
    assert min(levels) >= 0.15
    assert max(levels) == pytest.approx(0.85)


def test_the_stored_example_stands_before_anything_is_loaded(visit):
    words, found = table(visit.page)
    assert words == EXAMPLE["words"]
    np.testing.assert_allclose(found, [EXAMPLE["forward"], EXAMPLE["backward"], EXAMPLE["y"]])


def test_without_scripts_the_example_stands_as_a_table(site, browser):
    with Visit(browser, site / PAGE, java_script_enabled=False) as visit:
        shown = visit.page.locator(".review-reader tbody tr").all_inner_texts()
        assert [row.split()[0] for row in shown] == EXAMPLE["words"]
        assert shown[0].split()[1] == f"{EXAMPLE['forward'][0]:+.2f}"


class TestWithoutTheRuntime:
    @pytest.fixture
    def app(self, tmp_path, monkeypatch):
        def no_network():
            raise OSError("no network")

        monkeypatch.setattr(review_reader, "package", no_network)
        monkeypatch.delenv("BIRNN_REQUIRE", raising=False)
        return types.SimpleNamespace(builder=types.SimpleNamespace(format="html"), outdir=tmp_path)

    @pytest.fixture
    def written(self, app):
        review_reader.write_scripts(app, None)
        return app.outdir / "_static" / "reader"

    def test_the_build_stops_where_it_is_required(self, app, monkeypatch):
        monkeypatch.setenv("BIRNN_REQUIRE", "data,onnxruntime")
        with pytest.raises(ExtensionError, match="required here: no network"):
            review_reader.write_scripts(app, None)

    def test_the_build_goes_on(self, written):
        assert [path.name for path in written.iterdir()] == ["model.js"]

    def test_the_page_says_so(self, written, site, browser):
        model = site / "_static" / "reader" / "model.js"
        whole = model.read_text()
        model.write_text((written / "model.js").read_text())
        try:
            with Visit(browser, site / PAGE) as visit:
                read(visit.page, "a good film")
                assert "built without ONNX Runtime Web" in says(visit.page)
                assert table(visit.page)[0] == EXAMPLE["words"]
                assert visit.faults == []
        finally:
            model.write_text(whole)


class TestPackage:
    @pytest.fixture
    def cache(self, tmp_path, monkeypatch):
        monkeypatch.setenv("BIRNN_CACHE", str(tmp_path))
        return tmp_path

    def test_another_archive_than_the_published_one_is_refused(self, cache, monkeypatch):
        (cache / "altered").write_bytes(b"something else")
        monkeypatch.setattr(review_reader, "registry", lambda: cache.as_uri())
        monkeypatch.setattr(review_reader.pooch, "HTTPDownloader", lambda **_: _copy_from(cache / "altered"))
        with pytest.raises(ValueError, match="hash"):
            review_reader.package()
        assert not list(cache.glob("*.tgz"))

    def test_the_registry_is_npms_own(self, monkeypatch):
        monkeypatch.setenv("npm_config_registry", "https://npm.example.org/mirror/")
        monkeypatch.setenv("NPM_CONFIG_REGISTRY", "https://npm.example.org/mirror/")
        assert review_reader.registry() == "https://npm.example.org/mirror"

    def test_without_npm_it_is_the_public_one(self, monkeypatch):
        monkeypatch.setenv("PATH", "")
        monkeypatch.delenv("NPM_CONFIG_REGISTRY", raising=False)
        assert review_reader.registry() == "https://registry.npmjs.org"


def _copy_from(source):
    def download(url, output_file, pooch):
        with open(output_file, "wb") as file:
            file.write(source.read_bytes())

    return download


class TestModel:
    def test_is_small_and_its_vocabulary_is_a_list_of_single_words(self):
        assert (FOLDER / "model.onnx").stat().st_size < 300_000
        assert LISTED["first"] + len(LISTED["words"]) == len(MODEL.words.params["W"]) == 2000
        assert not [word for word in LISTED["words"] if word.split() != [word]]

    def test_is_the_one_of_the_study(self):
        parts = reader_model.read(MODEL, ids_of(EXAMPLE["words"]))
        np.testing.assert_allclose(parts.forward.ravel(), EXAMPLE["forward"], atol=1e-3)
        np.testing.assert_allclose(parts.backward.ravel(), EXAMPLE["backward"], atol=1e-3)

    def test_scores_what_the_study_stored(self, data_folder):
        stored = load_result("reader_model")
        held_out = reviews(stored["seeds"][0], reader_model.Settings(**stored["settings"])).splits["validation"]
        losses, accuracies = (stored["runs"][0][f"validation_{name}"] for name in ("loss", "accuracy"))
        found = evaluate(MODEL, held_out, loss=binary_cross_entropy)["accuracy"]
        assert found == pytest.approx(accuracies[int(np.argmin(losses))], abs=1e-3)

    def test_does_what_the_page_says_of_it(self):
        slow = EXAMPLE["words"].index("slow")
        assert EXAMPLE["forward"][slow] < 0 < EXAMPLE["backward"][slow]
        assert EXAMPLE["logit"] > 0
        assert logit("this film is not good") < 0 < logit("this film is good")
        assert logit("not a bad film at all") < 0
