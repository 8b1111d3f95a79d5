"""Numbers as people read them in a plan: three figures, no more width than they are worth."""


def ms(value: float) -> str:
    """Milliseconds with three figures: 0.012, 1.23, 12.3, 1,234."""
    if value >= 99.95:
        return f"{value:,.0f}"
    if value >= 9.995:
        return f"{value:.1f}"
    return f"{value:.2f}" if value >= 0.9995 else f"{value:.3f}"


def count(value: float) -> str:
    """A figure in six characters at most: 0.29, 7, 8.5, 9,999, 123k, 4.56M."""
    if 0 < value < 0.95:
        return f"{value:.2f}"
    if value < 9.95 and round(value, 1) != round(value):
        return f"{value:.1f}"
    if value < 99_999.5:
        return f"{value:,.0f}"
    for size, unit in ((1e3, "k"), (1e6, "M"), (1e9, "G"), (1e12, "T")):
        if value < 999.5 * size:
            return f"{value / size:.3g}{unit}"
    return f"{value:.0e}".replace("+", "")


def kilobytes(value: float) -> str:
    """A size: 360 kB, 1.5 MB, 2.0 GB."""
    for unit in ("kB", "MB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "kB" else f"{value:.1f} {unit}"
        value /= 1024
    return f"{value:.1f} GB"


def percent(share: float) -> str:
    """A share as a percentage: 85 %, never 100 % when something is left."""
    figure = f"{100 * share:.1f}" if share > 0.99 and share < 1 else f"{100 * share:.0f}"
    return f"{'99.9' if figure == '100.0' else figure} %"


def factor(value: float) -> str:
    """A ratio: 2.5×, 22×, 1,234×."""
    return f"{value:.1f}×" if value < 9.95 else f"{count(value)}×"


def gain(ratio: float) -> str:
    """What a ratio of times before/after means: 2.5× faster, 33× slower, as fast."""
    if 0.95 < ratio < 1.05:
        return "as fast"
    if ratio >= 1:
        return f"{factor(ratio)} faster"
    return f"{factor(1 / ratio)} slower" if ratio > 0 else "endlessly slower"


BLOCKS = " ▏▎▍▌▋▊▉█"


def bar(share: float, width: int) -> str:
    """A bar of ``width`` characters for a share from 0 to 1; what is not nothing shows."""
    eighths = round(max(0.0, min(share, 1.0)) * width * 8)
    if share > 0.005:
        eighths = max(eighths, 1)
    full, rest = divmod(eighths, 8)
    return ("█" * full + (BLOCKS[rest] if rest else "")).ljust(width)
