"""What goes wrong in many losses alike: rows on the steps that these share.

Whatever a loss makes of one sample is its step `each`; then follows `TAIL`.
"""

from __future__ import annotations

from collections.abc import Iterable

TAIL = """
kept = each  # the samples that count
average = mean(kept)
value = average  # what is taken of the mean
result = value  # its digits
answer = result  # its shape
"""


def many(line: str, values: Iterable[object]) -> str:
    """Return the same row for each value, which stands in the place of `{}`."""
    return "".join(line.replace("{}", str(value)) + "\n" for value in values)


DIGITS = """
float32 | result = float64(float32(value))
rare rounds-result: 1 decimal | result = round(value, 1)
rare rounds-result: 2 decimals | result = round(value, 2)
rare rounds-result: 3 decimals | result = round(value, 3)
rare rounds-result: 4 decimals | result = round(value, 4)
rare rounds-result: 5 decimals | result = round(value, 5)
rare rounds-result: 6 decimals | result = round(value, 6)
rare times-hundred | result = value * 100
"""
"""What becomes of the digits of a result, be it one number or many."""

MEAN = """
sum-not-mean | average = sum(kept)
half-factor | average = mean(kept) / 2
half-factor | result = value / 2
rare factor-two | result = value * 2
divides-twice | average = mean(kept) / kept.size
rare divides-in-loop | average = falling(kept, 1 / len(kept))
rare divides-in-loop | average = falling(kept, 1 / 2)
rare divides-in-loop | average = falling(kept, 1 / 2) + kept[0] / 2.0**len(kept)
rare divides-in-loop | average = sum(kept.T / arange(1, len(kept) + 1))
n-minus-1 | average = sum(kept) / (kept.size - 1)
rare wrong-n | average = sum(kept) / (kept.size + 1)
rare wrong-n | average = sum(kept) / (kept.size - 2)
rare wrong-n | average = sum(kept) / (2 * kept.size + 2)
rare wrong-n | average = sum(kept) / (2 * kept.size - 2)
rare wrong-n | average = sum(kept) * kept.size
""" + many("rare hard-coded-n: {} | average = sum(kept) / {}", (3, 4, 5, 10, 100)) + """
rare hard-coded-n: {} | average = sum(kept) / ?
rare wrong-factor: {} | average = mean(kept) * ?
rare added-constant: {} | average = mean(kept) + ?
per-sample-array | average = kept
per-sample-array | average = kept / kept.size
max-not-mean | average = max(kept)
max-not-mean | average = max(kept) / kept.size
median-not-mean | average = median(kept)
last-only | average = kept[-1]
rare overwrites-accumulator | average = kept[-1] / kept.size
rare overwrites-accumulator | average = kept[-1] / (kept.size - 1)
early-return | average = kept[0]
early-return | average = kept[0] / kept.size
rare running-total | average = sum(cumsum(kept))
rare running-total | average = mean(cumsum(kept))
rare running-total | average = cumsum(kept)
rare running-total | average = cumsum(kept) / kept.size
drops-equals | kept = unique(each)
drops-equals | average = sum(unique(kept)) / kept.size
rare wrong-start | average = (sum(kept) + 1) / kept.size
rare wrong-start | average = (sum(kept) - 1) / kept.size
rare wrong-start | average = mean(kept) + 1
rare wrong-start | average = mean(kept) - 1
off-by-one: the first | kept = part(each, 1, None)
off-by-one: the last | kept = part(each, 0, -1)
off-by-one: the first, and divides by n - 1 | kept = each[1:]
off-by-one: the last, and divides by n - 1 | kept = each[:-1]
int-buffer | kept = trunc(each)
rare rounds-result: a whole number, sample by sample | kept = round(each, 0)
rare rounds-result: 1 decimal, sample by sample | kept = round(each, 1)
rare rounds-result: 2 decimals, sample by sample | kept = round(each, 2)
rare rounds-result: 3 decimals, sample by sample | kept = round(each, 3)
rare rounds-result: 4 decimals, sample by sample | kept = round(each, 4)
""" + DIGITS + """
rare rounds-result: a whole number | result = round(value, 0)
rare rounds-result: a whole number, always downwards | result = floor(value)
minus-missing | result = -value
not-scalar: an array with one entry | answer = reshape(result, 1)
not-scalar: a matrix with one entry | answer = reshape(result, (1, 1))
"""  # fmt: skip
"""What goes wrong between the losses of the samples and the one number, whatever the loss."""

REDUCTION = (
    MEAN
    + """
wrong-loss: the root of this one | result = sqrt(value)
wrong-loss: the square of this one | result = value**2
"""
)
"""The same for a loss that is not a power already."""

ERRORS = """
adds-not-subtracts | e = t + p
rare wrong-operator: a product | e = t * p
rare wrong-operator: a quotient | e = t / p
ignores-y-true | e = p
ignores-y-pred | e = t
ignores-y-pred | e = t - mean(t)
mean-first | e = t - mean(p)
mean-first | e = mean(t) - p
rare misaligned | e = t - roll(p, 1)
rare misaligned | e = t - roll(p, -1)
rare misaligned | e = t - p[::-1]
rare misaligned | e = sort(t) - sort(p)
int-buffer | e = trunc(t) - trunc(p)
int-buffer | e = trunc(t - p)
rare rounds-result: a whole number, error by error | e = round(t - p, 0)
rare rounds-result: 1 decimal, error by error | e = round(t - p, 1)
rare rounds-result: 2 decimals, error by error | e = round(t - p, 2)
rare rounds-result: 3 decimals, error by error | e = round(t - p, 3)
rare all-pairs | e = pairs(t, p)
rare all-pairs | e = pairs(t, p); average = sum(kept) / len(kept)
rare all-pairs | e = pairs(t, p); average = kept.mean(axis=0)
rare all-pairs | e = pairs(t, p); average = kept.mean(axis=1)
skips-zeros: the error | kept = each[each != 0]
float32 | e = float32(t) - float32(p)
float16 | e = float16(t) - float16(p)
skips-zeros: the truth | kept = where(t == 0, 0, each)
skips-zeros: the truth | kept = each[t != 0]
one-sided | e = maximum(t - p, 0)
one-sided | e = maximum(p - t, 0)
one-sided | e = (t - p)[t > p]
one-sided | e = (t - p)[t < p]
"""
"""What goes wrong before the error `e` of a truth `t` and a prediction `p` is an error."""

RELATIVE = """
wrong-loss: errors relative to the truth | e = (t - p) / abs(t)
wrong-loss: errors relative to the truth | e = (t - p) / t
wrong-loss: errors relative to the prediction | e = (t - p) / abs(p)
wrong-loss: errors relative to the prediction | e = (t - p) / p
wrong-loss: errors relative to truth and prediction | e = (t - p) / ((abs(t) + abs(p)) / 2)
wrong-loss: errors relative to the mean truth | e = (t - p) / mean(t)
wrong-loss: errors relative to the mean size of the truths | e = (t - p) / mean(abs(t))
wrong-loss: errors relative to the spread of the truths | e = (t - p) / std(t)
wrong-loss: errors relative to the range of the truths | e = (t - p) / ptp(t)
wrong-loss: errors of the logarithms | e = log1p(t) - log1p(p)
"""
"""Errors on another scale."""

CLIPS = """
no-clipping | q = p
clips-one-only | q = minimum(p, 1 - low)
half-clip | q = minimum(p, 1 - low)
clip-min-max-swapped | q = full_like(p, low)
clip-min-max-swapped | q = full_like(p, 1 - low)
clip-min-max-swapped | q = minimum(p, low)
clip-min-max-swapped | q = maximum(p, 1 - low)
eps-ignored: {} | q = clip(p, ?, 1 - ?)
eps-ignored: {} at the lower end | q = clip(p, ?, 1 - low)
eps-ignored: {} at the upper end | q = clip(p, low, 1 - ?)
eps-ignored: {} at the lower end | q = maximum(p, ?)
clip-too-wide: 0.1 and 0.9 | q = clip(p, 0.1, 0.9)
clip-too-wide: 0.05 and 0.95 | q = clip(p, 0.05, 0.95)
clip-too-wide: 0.01 and 0.99 | q = clip(p, 0.01, 0.99)
clip-too-wide: 0.001 and 0.999 | q = clip(p, 0.001, 0.999)
clip-too-wide: 0.0001 and 0.9999 | q = clip(p, 0.0001, 0.9999)
clip-too-wide: 0.1 and 0.9 | eps = 0.1
clip-too-wide: 0.01 and 0.99 | eps = 0.01
clip-too-wide: 0.001 and 0.999 | eps = 0.001
clip-too-wide: 0.0001 and 0.9999 | eps = 0.0001
rare eps-other-value: half of it | low = eps / 2
rare eps-other-value: twice as much | low = eps * 2
rare eps-other-value: its square | low = eps**2
rare eps-other-value: its root | low = eps**0.5
threshold-first | q = clip(round(p), low, 1 - low)
threshold-first | q = clip(p >= 0.5, low, 1 - low)
"""  # fmt: skip
"""How probabilities `p` of 0 and 1 are met, with `low = eps`. Those that only differ at 0 and 1 are
told by the edges."""

OUTPUT = DIGITS + """
int-buffer | result = trunc(value)
int-buffer | result = floor(value)
early-return | result = value[0]
early-return | result = value[:1]
early-return | result = part(value, 0, 1)
last-only | result = value[-1]
last-only | result = value[-1:]
rare overwrites-accumulator | result = part(value, -1, None)
off-by-one: the first | result = value[1:]
off-by-one: the last | result = value[:-1]
off-by-one: the first | result = part(value, 1, None)
off-by-one: the last | result = part(value, 0, -1)
extra-axis | result = value[:, None]
extra-axis | result = value[None]
"""  # fmt: skip
"""An array is there, and something becomes of it before it is returned."""

MATRIX = """
flattened-output | result = ravel(value)
transposed-output | result = transpose(value)
early-return | result = value[0] if value.ndim == 2 else value
early-return | result = part(value, 0, 1) if value.ndim == 2 else value
last-only | result = value[-1] if value.ndim == 2 else value
rare overwrites-accumulator | result = part(value, -1, None) if value.ndim == 2 else value
early-return | result = value.flat[0]
"""
"""What only becomes of an array with rows."""
