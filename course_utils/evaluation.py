"""Scores of a person search: CMC, mean average precision and mINP in the Market-1501 way.

Taught in lesson 13. Protocol: Zheng et al., "Scalable Person Re-identification: A Benchmark", ICCV 2015, section 5.
mINP: Ye et al., "Deep Learning for Person Re-identification: A Survey and Outlook", TPAMI 2021, section 4.

How it is fast: a score needs only the ranks of the true matches, a handful for each query. So no row is put in order
whole. The distances up to the farthest true match are sorted, the matches are looked up in them, and the images
that do not count (same person, same camera) are subtracted.
"""

from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from course_utils.reranking import k_reciprocal_rerank

__all__ = ["JUNK", "RankResult", "evaluate_rank", "k_reciprocal_rerank"]

JUNK = -1
QUERY_IS_JUNK = "the query itself is junk (person -1)"
NOT_IN_GALLERY = "its person is not in the gallery"
ONLY_SAME_CAMERA = "its person is in the gallery only from the query's own camera"


@dataclass(frozen=True)
class RankResult:
    """What `evaluate_rank` found; every mean is over the valid queries only.

    cmc: (max_rank,) float64; `cmc[k - 1]` is the share of queries with a true match among the first k images.
    mean_ap, mean_inp: mean average precision by the rule named in `average_precision`, mean inverse negative penalty.
    valid_queries: how many queries have at least one true match that counts.
    per_query_ap: (n_query,) float64, NaN where a query is not valid.
    first_ranks: (n_query,) int64, rank of the first true match, counted from 1; 0 where a query is not valid.
    invalid: index of each query that is not valid, with the reason in words.
    tied_queries: queries in which a wrong image is exactly as far as a true match. There the order of the gallery
        decides; many of them mean that the embeddings have collapsed.
    """

    cmc: np.ndarray
    mean_ap: float
    mean_inp: float
    valid_queries: int
    average_precision: str
    per_query_ap: np.ndarray = field(repr=False)
    first_ranks: np.ndarray = field(repr=False)
    invalid: dict[int, str] = field(repr=False)
    tied_queries: int = 0

    @property
    def rank1(self) -> float:
        return float(self.cmc[0])

    def __str__(self):
        line = (
            f"rank-1 {self.rank1:.4f}   mAP {self.mean_ap:.4f} ({self.average_precision})   "
            f"mINP {self.mean_inp:.4f}   {self.valid_queries} valid queries"
        )
        return "".join(
            [line, *(f"\n  {n} not valid: {reason}" for reason, n in Counter(self.invalid.values()).items())]
        )


def evaluate_rank(
    distances: np.ndarray,
    query_ids: np.ndarray,
    gallery_ids: np.ndarray,
    query_cameras: np.ndarray,
    gallery_cameras: np.ndarray,
    average_precision: str = "step",
    max_rank: int = 50,
) -> RankResult:
    """Score a ranking of the gallery for every query (lesson 13).

    distances: (n_query, n_gallery), any real dtype; smaller means more alike. Squared or not gives the same ranks.
    query_ids, query_cameras: (n_query,); gallery_ids, gallery_cameras: (n_gallery,); whole numbers.
    average_precision: "step" (torchreid, fast-reid: precision at each true match) or "trapezoid" (the authors'
        MATLAB code: area under the precision-recall curve, never above "step"). Name the rule beside every mAP.
    max_rank: length of the CMC curve. It may exceed the gallery; the curve then stays at its last value.

    Junk images (person -1) are ignored, as are images of the query's person from the query's camera. Distractors
    (person 0) stay in: they can only be wrong. Equal distances keep the order of the gallery.
    Raises ValueError for arrays that do not fit, NaN, or when no query is valid (it says why).
    """
    distances = np.asarray(distances)
    query_ids, gallery_ids = np.asarray(query_ids), np.asarray(gallery_ids)
    query_cameras, gallery_cameras = np.asarray(query_cameras), np.asarray(gallery_cameras)
    _check(distances, query_ids, gallery_ids, query_cameras, gallery_cameras, average_precision, max_rank)

    counted = np.flatnonzero(gallery_ids != JUNK)
    ids, cameras = gallery_ids[counted], gallery_cameras[counted]
    places = _places_by_id(ids)
    nowhere = np.empty(0, dtype=np.int64)

    n_query = len(query_ids)
    per_query_ap, penalties = np.full(n_query, np.nan), np.full(n_query, np.nan)
    first_ranks = np.zeros(n_query, dtype=np.int64)
    invalid, tied_queries = {}, 0
    for i in range(n_query):
        same_person = nowhere if query_ids[i] == JUNK else places.get(query_ids[i].item(), nowhere)
        same_camera = cameras[same_person] == query_cameras[i]
        matches, ignored = same_person[~same_camera], same_person[same_camera]
        if len(matches) == 0:
            invalid[i] = _reason(query_ids[i], same_person)
            continue
        row = distances[i] if len(counted) == len(gallery_ids) else distances[i, counted]
        ranks, tied = _ranks(row, matches, ignored)
        per_query_ap[i] = _average_precision(ranks, average_precision)
        penalties[i] = len(ranks) / ranks[-1]
        first_ranks[i] = ranks[0]
        tied_queries += tied
    if len(invalid) == n_query:
        raise ValueError(_no_valid_query(invalid))

    first_ranks_valid = first_ranks[first_ranks > 0]
    found_at = np.bincount(np.minimum(first_ranks_valid, max_rank + 1), minlength=max_rank + 2)[1 : max_rank + 1]
    return RankResult(
        cmc=np.cumsum(found_at) / len(first_ranks_valid),
        mean_ap=float(np.nanmean(per_query_ap)),
        mean_inp=float(np.nanmean(penalties)),
        valid_queries=len(first_ranks_valid),
        average_precision=average_precision,
        per_query_ap=per_query_ap,
        first_ranks=first_ranks,
        invalid=invalid,
        tied_queries=tied_queries,
    )


def _places_by_id(ids):
    """Where each person stands in the gallery: id -> indices in gallery order."""
    order = np.argsort(ids, kind="stable")
    persons, starts = np.unique(ids[order], return_index=True)
    return dict(zip(persons.tolist(), np.split(order, starts[1:]), strict=True)) if len(ids) else {}


def _ranks(row, matches, ignored):
    """Ranks (from 1, ascending) of the matches once the ignored images are taken out, and whether a tie decided."""
    hits = np.sort(row[matches])
    nearer = np.sort(row[row <= hits[-1]])
    places = np.searchsorted(nearer, hits, side="left")
    if np.any(np.searchsorted(nearer, hits, side="right") - places > 1):
        return _ranks_with_ties(row, matches, ignored)
    return places - np.searchsorted(np.sort(row[ignored]), hits, side="left") + 1, False


def _ranks_with_ties(row, matches, ignored):
    """The same by a whole stable sort; only rows in which a match shares its distance come here."""
    is_match = np.zeros(len(row), dtype=bool)
    is_match[matches] = True
    row, is_match = np.delete(row, ignored), np.delete(is_match, ignored)
    order = np.argsort(row, kind="stable")
    tied = bool(np.isin(row[~is_match], row[is_match]).any())
    return np.flatnonzero(is_match[order]) + 1, tied


def _average_precision(ranks, rule):
    """ranks: of the true matches, from 1, ascending. Precision at the k-th match is k / rank."""
    k = np.arange(1, len(ranks) + 1)
    precision = k / ranks
    if rule == "step":
        return precision.mean()
    # Just before a match, one image and one match fewer are in; before the very first image the curve starts at 1.
    before = np.where(ranks == 1, 1.0, (k - 1) / np.maximum(ranks - 1, 1))
    return (precision + before).mean() / 2


def _reason(query_id, same_person):
    if query_id == JUNK:
        return QUERY_IS_JUNK
    return ONLY_SAME_CAMERA if len(same_person) else NOT_IN_GALLERY


def _no_valid_query(invalid):
    reasons = Counter(invalid.values())
    parts = "; ".join(f"{n} queries: {reason}" for reason, n in reasons.items())
    cure = "check that query and gallery come from one data set"
    if ONLY_SAME_CAMERA in reasons:
        cure = "if all images come from one camera, give the queries another camera id"
    return f"no valid query among {len(invalid)} ({parts}); {cure}"


def _check(distances, query_ids, gallery_ids, query_cameras, gallery_cameras, average_precision, max_rank):
    if average_precision not in ("step", "trapezoid"):
        raise ValueError(f'average_precision is {average_precision!r}; choose "step" or "trapezoid"')
    if isinstance(max_rank, bool) or not isinstance(max_rank, (int, np.integer)) or max_rank < 1:
        raise ValueError(f"max_rank is {max_rank!r}; it must be a whole number of at least 1")
    if distances.ndim != 2 or 0 in distances.shape:
        raise ValueError(
            f"distances has shape {distances.shape}; expected (n_query, n_gallery) with at least one of each"
        )
    if distances.dtype.kind not in "fiu":
        raise ValueError(f"distances has dtype {distances.dtype}; expected real numbers")
    sides = {
        "query_ids": (query_ids, 0),
        "query_cameras": (query_cameras, 0),
        "gallery_ids": (gallery_ids, 1),
        "gallery_cameras": (gallery_cameras, 1),
    }
    for name, (values, axis) in sides.items():
        if values.shape != (distances.shape[axis],):
            raise ValueError(
                f"{name} has shape {values.shape}, but distances has shape {distances.shape}: "
                f"expected ({distances.shape[axis]},)"
            )
        if values.dtype.kind not in "iu":
            raise ValueError(f"{name} has dtype {values.dtype}; expected whole numbers")
    if np.isnan(distances.min()):
        row, column = (int(i) for i in np.argwhere(np.isnan(distances))[0])
        raise ValueError(f"distances[{row}, {column}] is NaN; look for NaN in the embeddings first")
