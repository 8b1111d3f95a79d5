"""When a comparison stops."""

from dataclasses import dataclass

from workbench.measurement.statistics import LOOKS
from workbench.measurement.verdict import MIN_EFFECT


@dataclass(frozen=True)
class Limits:
    """How much may be spent on one comparison, and what counts as a difference.

    It stops not before ``enough_pairs`` unless these take longer than ``cheap_s``, and at the
    latest after ``pairs`` (80 are the most) or ``seconds``, half as long again if that is enough
    for the first verdict. Where the first pairs differ plainly, there are two of them, and a third
    if they take no more than ``timeout_s``, which is for one statement. Statements that write or
    lock stop after ``write_pairs``, because each run leaves dead rows behind. A ratio within
    ``min_effect`` of 1 is no difference.
    """

    seconds: float = 60.0
    timeout_s: float = 60.0
    pairs: int = LOOKS[-1]
    write_pairs: int = 20
    enough_pairs: int = 20
    cheap_s: float = 1.0
    warmups: int = 3
    min_effect: float = MIN_EFFECT
