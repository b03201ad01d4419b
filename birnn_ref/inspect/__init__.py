"""Looking inside a recurrent layer: what reaches what, how far gradients travel, what each direction adds.

Every figure is exact, from the backward pass; `birnn_ref.inspect.plots` draws them.
"""

from birnn_ref.inspect.contributions import Contributions, direction_contributions
from birnn_ref.inspect.gradients import gradient_by_distance
from birnn_ref.inspect.influence import influence_matrix, jacobian
from birnn_ref.inspect.leaks import Leaks, find_leaks

__all__ = [
    "Contributions",
    "Leaks",
    "direction_contributions",
    "find_leaks",
    "gradient_by_distance",
    "influence_matrix",
    "jacobian",
]
