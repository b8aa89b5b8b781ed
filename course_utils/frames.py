"""A figure with a slider: pictures drawn beforehand, so that it moves where no kernel runs.

The page holds one picture, the still one, and a script with the others. Where scripts do not run (paper, a notebook
that is not trusted yet, nbgrader's feedback) the still picture stands there, with its caption. Lesson 01 uses it first.
"""

import base64
import html
import io
import json
from collections.abc import Sequence

import matplotlib.pyplot as plt
from IPython.display import display
from PIL import Image

COLOURS = 64  # of a frame's palette: a third of the bytes, and no difference to the eye in drawings
LARGEST = 400_000  # bytes of all that one figure brings along
_PAGE = """\
<figure class="course-frames" style="margin: 0">
<img src="data:image/png;base64,{picture}" alt="{alt}" width="{width}" height="{height}">
<figcaption aria-live="polite">{caption}</figcaption>
<label style="display: none">{label} <input type="range" min="0" max="{last}" value="{still}" step="1"></label>
<script>
(() => {{
  const box = document.currentScript.parentElement, frames = {frames};
  const [image, caption, label] = ["img", "figcaption", "label"].map((name) => box.querySelector(name));
  const slider = label.querySelector("input");
  const show = () => {{
    const [picture, words] = frames[slider.value];
    image.src = "data:image/png;base64," + picture;
    image.alt = caption.textContent = words;
    slider.setAttribute("aria-valuetext", words);
  }};
  slider.addEventListener("input", show);
  // JupyterLab listens for the arrow keys farther out, to go from cell to cell; on the slider they are the slider's
  slider.addEventListener("keydown", (event) => {{
    if (/^(Arrow|Page|Home|End)/.test(event.key)) event.stopPropagation();
  }});
  slider.setAttribute("aria-valuetext", caption.textContent);
  label.style.display = "block";
}})();
</script>
</figure>"""


def show_frames(figures: Sequence[plt.Figure], captions: Sequence[str], label: str, alt: str, still: int = 0) -> None:
    """Show `figures` one at a time under a slider called `label`, and close them.

    captions: a sentence for each figure; it stands below it and is its text for screen readers. still: the number of
    the figure that is there before the slider moves, and wherever it cannot. alt: what there is to see in it.
    Raises ValueError where the counts differ or the figure would be larger than 400 kB.
    """
    pictures = [_png(figure) for figure in figures]
    for figure in figures:
        plt.close(figure)
    if len(captions) != len(pictures) or not pictures:
        raise ValueError(f"{len(captions)} captions for {len(pictures)} figures: give one each, at least one")
    if len(alt.split()) < 4:
        raise ValueError(f"alt={alt!r}: say in a sentence what the figure shows (at least 4 words)")
    width, height = Image.open(io.BytesIO(pictures[still])).size
    encoded = [base64.b64encode(picture).decode() for picture in pictures]
    page = _PAGE.format(
        picture=encoded[still],
        alt=html.escape(alt),
        width=width,
        height=height,
        caption=html.escape(captions[still]),
        label=html.escape(label),
        last=len(pictures) - 1,
        still=still,
        frames=json.dumps(list(zip(encoded, captions, strict=True))).replace("</", "<\\/"),
    )
    if len(page) > LARGEST:
        raise ValueError(f"the figure has {len(page):,} bytes, at most {LARGEST:,}: draw fewer or smaller frames")
    data = {"text/html": page, "image/png": encoded[still], "text/plain": alt}
    display(data, metadata={"image/png": {"alt": alt}}, raw=True)


def _png(figure: plt.Figure) -> bytes:
    """The figure as a PNG with a palette. The same size for every frame: no tight box around what is drawn."""
    drawn, packed = io.BytesIO(), io.BytesIO()
    figure.savefig(drawn, format="png", dpi=90)
    Image.open(drawn).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(packed, "PNG", optimize=True)
    return packed.getvalue()
