"""What the two NormalizedXCorr layers (PyTorch and Keras) accept; both ask here, so that both answer alike."""


def check_settings(patch_size: int, search_rows: int, eps: float) -> None:
    """ValueError unless patches have a centre and a spread, the search is a whole number of rows, and eps > 0."""
    if int(patch_size) != patch_size or patch_size < 3 or patch_size % 2 == 0:
        raise ValueError(f"patch_size is {patch_size}: give an odd whole number of at least 3")
    if int(search_rows) != search_rows or search_rows < 0:
        raise ValueError(f"search_rows is {search_rows}: give a whole number of at least 0")
    if not eps > 0:
        raise ValueError(f"eps is {eps}: give a number above 0, or flat patches divide by zero")


def check_maps(shape_a, shape_b) -> None:
    """ValueError unless both maps have four axes and equal sizes; an unknown size (None) fits every size."""
    shape_a, shape_b = tuple(shape_a), tuple(shape_b)
    if len(shape_a) != 4 or len(shape_b) != 4:
        raise ValueError(f"maps are {shape_a} and {shape_b}: give two batches of maps, four axes each")
    if any(a != b for a, b in zip(shape_a, shape_b, strict=True) if None not in (a, b)):
        raise ValueError(f"maps are {shape_a} and {shape_b}: give two maps of equal size")
    if 0 in (shape_a[1:] + shape_b[1:]):
        raise ValueError(f"maps are {shape_a} and {shape_b}: no axis but the batch may be empty")
