# %% [markdown]
# # 11. Market-1501: the data
#
# **Somebody walks past a camera, and an hour later past another. Is it the same person?** Before a network may answer, we
# ask humbler questions. Which images are there? Who is on them, and who is on none? What would a lazy answer
# score? Most mistakes in person search are made here, before the first gradient, and nobody sees them in a loss curve.
#
# | | |
# |---|---|
# | You will be able to | read a Market-1501 file name · count a data set and compare with published counts · write the data set class of the practical · deal batches that waste no image · ask where images of people come from |
# | You need | Python strings and NumPy; lesson 2 (augmentation); lesson 9 (batches of P × K) |
# | Time | 85 minutes |
# | Data | Market-1501 where MARKET1501_DIR points at it; else drawn figures in its format |
# | Device | CPU |

# %%
from collections import Counter
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from scipy.spatial.distance import cdist
from torch.utils.data import Dataset

from course_utils import market1501
from course_utils.people_figures import show_people
from course_utils.plots import show_lines
from course_utils.reid_folder import reid_folder
from course_utils.reid_images import MEAN, SPREAD, Augmentation, augment, read_images
from course_utils.sampling import RandomIdentitySampler

root = reid_folder()

# %% [markdown]
# The line above says whose images you have. Market-1501
# ([Zheng et al., 2015](https://openaccess.thecvf.com/content_iccv_2015/html/Zheng_Scalable_Person_Re-Identification_ICCV_2015_paper.html))
# cannot be handed out by this course. Where it is missing, the course draws walking figures and stores them under the same folders and names:
# same code, made-up people.
#
# ## 11.1 What a file name tells (14 minutes)
#
# There are three folders. `bounding_box_train` is for learning. `query` holds the images we search for, and `bounding_box_test` is the
# **gallery** that we search in. There is no label file. All labels are in the names.

# %%
folders = ["bounding_box_train", "query", "bounding_box_test"]
names = {folder: sorted(path.name for path in (root / folder).iterdir())
         for folder in folders}
for folder in folders:
    print(f"{folder:20s} {len(names[folder]):6d} files, such as {names[folder][-1]}")

# %% [markdown]
# `0002_c1s1_000451_03.jpg` is person 2, camera 1, sequence 1, frame 451, box 3. Two values of the person are special:
#
# - **-1 is junk**: a box that shows a person in part, too little to be right and too much to be wrong. It is ignored in every score.
# - **0000 is a distractor**: a box the detector drew around something else. It stays in the gallery, to make the search harder.
#
# The project page has the rule: the overlap (intersection over union) with a box drawn by hand is below 20 % for a distractor, above 50 % for a
# good box, and in between for junk.
#
# And there is a trap. Six query files of the real set, all of person 1488, end in `.jpg.jpg`
# ([list of file names](https://github.com/VisualComputingInstitute/triplet-reid/tree/master/data)). A strict pattern loses six queries
# and says nothing.
#
# ### Exercise 1 · read a name (8 minutes, difficulty 1)
#
# <details><summary>Hint</summary>
#
# Cut the folder off first, then the ending, then split at the underscores. `int("0002")` is 2, and `int("-1")` is -1.
# </details>

# %% tags=["answer", "id:parse_name"]
def parse_name(path):
    """(person, camera, sequence, frame, box) of an image file, as whole numbers.

    path: text, with or without folders before the name (they are separated by /).
    """
    # TODO: the name alone, its four parts, five numbers
    ### BEGIN SOLUTION
    person, place, frame, rest = path.split("/")[-1].split("_")
    camera, sequence = place[1:].split("s")
    box = rest.split(".")[0]
    return tuple(int(part) for part in (person, camera, sequence, frame, box))
    ### END SOLUTION

# %% tags=["check", "id:parse_name", "points:2"]
from course_utils.checks.market1501 import check_parse_name

check_parse_name(parse_name)
### BEGIN HIDDEN TESTS
check_parse_name(parse_name, seed=2111, folders=("data/12_c3s1_x/", "/home/ada_c5/m.jpg/"))
### END HIDDEN TESTS

# %% [markdown]
# torchreid and fast-reid apply their pattern to the *whole path*. With a folder called `12_c3`, every image then comes from camera 3, and no
# error is raised. Your function reads the name alone:

# %%
print(parse_name("downloads/12_c3/0002_c1s1_000451_03.jpg"))

# %% [markdown]
# ## 11.2 Look at the people (14 minutes)
#
# Names are not enough: look. The sheet has one row for each of six people, and one column for each camera. An empty place means that
# the camera never saw the person.

# %%
train = market1501.Market1501(root, "train")

def picture(index):
    return np.array(train[index][0])

def seen(person, camera):
    """The first image of a person by a camera, or None."""
    found = np.flatnonzero((train.person_ids == person) & (train.camera_ids == camera))
    return picture(found[0]) if len(found) else None

people, cameras = train.unique_ids[:6], sorted(set(train.camera_ids.tolist()))
show_people([[seen(person, camera) for camera in cameras] for person in people],
            columns=[f"camera {camera}" for camera in cameras],
            names=[f"person {person}" for person in people],
            alt="A table of small images, six people by six cameras with gaps: each "
                "camera has its own light and background, each person their own clothes")

# %% [markdown]
# Read it by rows, then by columns. A row shares clothes and a build, seen from the front, the side or the back. A column
# shares light, colour cast and background. Light is easy to measure, clothes are not.
#
# **Predict:** describe each image by its mean colour, three numbers. Take the nearest other image. In what share of cases does
# it show the same *person*, and in what share does it come from the same *camera*?

# %% tags=["predict"]
my_guess_same_person, my_guess_same_camera = None, None

# %% [markdown]
# Infinity on the diagonal keeps an image from finding itself. `across` asks again, among images of *other* cameras only.

# %% tags=["NBVAL_CHECK_OUTPUT"]
colours = read_images(train, progress=False).float().mean(dim=(2, 3)).numpy()
distances = cdist(colours, colours) + np.diag(np.full(len(colours), np.inf))
same_camera = train.camera_ids[:, None] == train.camera_ids
nearest = distances.argmin(axis=1)
across = np.where(same_camera, np.inf, distances).argmin(axis=1)

for name, found in {"nearest": nearest, "nearest of another camera": across}.items():
    person, camera = [(ids[found] == ids).mean()
                      for ids in (train.person_ids, train.camera_ids)]
    print(f"{name}: same person {person:.0%}, same camera {camera:.0%}")
print("your guess:", my_guess_same_person, my_guess_same_camera)

# %% [markdown]
# The mean colour knows the camera, not the person. What it gets right is mostly images of one camera and one person, a moment apart and nearly
# copies; once the camera has to change, little is left. This is why the score of Market-1501 **ignores gallery images of the query's own camera and person**. Lesson 13
# counts what happens if you forget it.
#
# ## 11.3 Count before you train (15 minutes)
#
# One question comes up in the threads of many re-ID programs (fast-reid, issue 8, for one):
# *why is the gallery 15,913 images, when the folder has 19,732?*
#
# **Predict:** how many of the real folder's 19,732 images show somebody from the query folder?

# %% tags=["predict"]
my_guess_true_images = None

# %% [markdown]
# ### Exercise 2 · count a folder (8 minutes, difficulty 1)
#
# Names are all you need. No image is opened.
#
# <details><summary>Hint</summary>
#
# Make one list of persons with your `parse_name`, then count in it. Some folders hold other files too, such as `Thumbs.db`.
# </details>

# %% tags=["answer", "id:count_split"]
def count_split(names):
    """{"images": ..., "people": ..., "junk": ..., "distractors": ...}, whole numbers.

    names: file names of one folder; what does not end in .jpg is no image.
    people: how many different ones, neither junk nor distractors.
    """
    # TODO: the persons of all images, then four counts
    ### BEGIN SOLUTION
    persons = [parse_name(name)[0] for name in names if name.endswith(".jpg")]
    people = {person for person in persons if person > 0}
    return {"images": len(persons), "people": len(people),
            "junk": persons.count(-1), "distractors": persons.count(0)}
    ### END SOLUTION

# %% tags=["check", "id:count_split", "points:2"]
from course_utils.checks.market1501 import check_count_split

check_count_split(count_split)
### BEGIN HIDDEN TESTS
check_count_split(count_split, sizes=((5, 1, 4, 0), (1, 7, 0, 0), (2, 2, 1, 1)), seed=2112)
### END HIDDEN TESTS

# %% [markdown]
# Published beside counted. The published numbers were counted on the
# [label files of triplet-reid](https://github.com/VisualComputingInstitute/triplet-reid/tree/master/data), which list every real file name.

# %%
published = {
    "bounding_box_train": {"images": 12936, "people": 751, "junk": 0, "distractors": 0},
    "query": {"images": 3368, "people": 750, "junk": 0, "distractors": 0},
    "bounding_box_test": {"images": 19732, "people": 750, "junk": 3819,
                          "distractors": 2798}}
gallery = published["bounding_box_test"]
true_images = gallery["images"] - gallery["junk"] - gallery["distractors"]
print(f"{true_images:,} true images - your guess: {my_guess_true_images}")
for folder in folders:
    print(f"{folder}\n  published {published[folder]}")
    print(f"  yours     {count_split(names[folder])}")

# %% [markdown]
# So 15,913 is 19,732 without junk, and 2,798 of those are distractors. The project page speaks of 2,793 distractors; the folder has
# 2,798 files called 0000. Trust a count over a text, and say which one you used. "32,668 boxes" in
# the paper is 12,936 + 19,732, junk and distractors included and queries not.
#
# Are the drawn figures like the real set? One comparison: the share of training images by camera.

# %%
real = np.array([2017, 1709, 2707, 920, 2338, 3245])
here = np.array([(train.camera_ids == camera).mean() for camera in cameras])
show_lines(cameras, {"Market-1501, published": real / real.sum(), "your folder": here},
           "camera", "share of training images", baseline=("all equal", 1 / 6),
           alt="Two lines over six cameras, much alike: cameras 3 and 6 take most images "
               "and camera 4 fewest, the drawn ones a little more evenly")

# %% [markdown]
# Now the number that decides how to train: images for each person. In the real set (same label files) the median is 15, the least 2, the most
# 72, and 15 of the 751 people have fewer than 4.

# %%
sizes = np.array(list(Counter(train.person_ids.tolist()).values()))
print(f"median {np.median(sizes):.0f}, least {sizes.min()}, most {sizes.max()}; "
      f"{(sizes < 4).sum()} of {len(sizes)} people have fewer than 4 images")
show_lines(range(len(sizes)), {"your folder": np.sort(sizes)}, "people, sorted", "images",
           baseline=("K = 4", 4),
           alt="A rising line of images for each person, sorted: a few people lie under "
               "the line K = 4, most have ten to thirty images")

# %% [markdown]
# Keep the few under the line in mind. They return in 11.5.
#
# ## 11.4 The class of the practical (20 minutes)
#
# PyTorch asks a data set for two things: its length, and item number i. The practical adds one method and two attributes:
#
# - `get_id(file_path)`: the person on a file;
# - `imgs`: the sorted list of all paths, as texts. A folder has no order of its own; unsorted, item 7 is another one on the next machine;
# - `unique_ids`: the sorted list of all persons.
#
# A classifier needs labels 0, 1, 2, ... without gaps, so **the label is the person's place in `unique_ids`**. Some programs number `set(ids)`
# instead. The order of a set is not promised, and a saved classifier fits only the order that it was trained with.
#
# **Spot the errors.** The practical prints an example class. Its `__init__` keeps `train_data`, and its `__len__` counts `data_path`. Its
# `__getitem__` opens `img0`, transforms `img`, and returns `img0`. Which line raises an error, and when? Nothing happens until somebody asks for the
# length or for an item: then both raise. And whoever mends only the name `img` gets every image back untransformed, with no error at all.

# %% [markdown]
# ### Exercise 3 · Market1501 (14 minutes, difficulty 2)
#
# Leave junk out and keep distractors. Hand the RGB image to the transform, if there is one.
#
# <details><summary>Hint</summary>
#
# `Path(folder).iterdir()` gives paths in no order; `str(path)` makes a text. Files may be grey: `.convert("RGB")`. A list has `.index`.
# </details>

# %% tags=["answer", "id:market1501"]
class Market1501(Dataset):
    """The images of one folder; an item is (image, label)."""

    def __init__(self, folder, transform=None):
        self.transform = transform
        # TODO: self.imgs, then self.unique_ids
        ### BEGIN SOLUTION
        jpegs = [str(path) for path in Path(folder).iterdir() if path.suffix == ".jpg"]
        self.imgs = sorted(path for path in jpegs if self.get_id(path) != -1)
        self.unique_ids = sorted({self.get_id(path) for path in self.imgs})
        ### END SOLUTION

    def get_id(self, file_path):
        """The person, a whole number: -1 for junk, 0 for a distractor."""
        # TODO: one line
        ### BEGIN SOLUTION
        return parse_name(file_path)[0]
        ### END SOLUTION

    def __len__(self):
        return len(self.imgs)

    def __getitem__(self, index):
        # TODO: open, convert, transform; find the label
        ### BEGIN SOLUTION
        file = self.imgs[index]
        photo = Image.open(file).convert("RGB")
        label = self.unique_ids.index(self.get_id(file))
        return (self.transform(photo) if self.transform else photo), label
        ### END SOLUTION

# %% tags=["check", "id:market1501", "points:3"]
from course_utils.checks.market1501 import check_market1501

check_market1501(Market1501)
### BEGIN HIDDEN TESTS
check_market1501(Market1501, people=(1, 1501, 88, 9, 730), junk=0, seed=2113)
check_market1501(Market1501, people=(40, 4), junk=5, seed=2114)
### END HIDDEN TESTS

# %% [markdown]
# The course's `Market1501` does the same with more questions: it names a file that it cannot read, counts what it left out, and knows cameras. Yours has to
# agree with it on all three folders.

# %%
for split, folder in market1501.FOLDERS.items():
    mine, theirs = Market1501(root / folder), market1501.Market1501(root, split)
    assert mine.imgs == theirs.imgs and mine.unique_ids == theirs.unique_ids
    assert mine[3][1] == theirs[3][1]
    print(f"{split:8s} {len(mine):6d} images, {len(mine.unique_ids):4d} ids")

# %% [markdown]
# **Transforms** are what happens between file and network: *mirror*, *shift*, a change of *light*, a patch *erased*, and last the usual normalisation, colours
# to mean 0 and spread 1. Lesson 2 measured why that helps. For people each has a reason you can see on the
# sheet above: a person walks either way, boxes are loose, cameras differ in light, and poles stand in the way
# ([Zhong et al., 2020](https://arxiv.org/abs/1708.04896)). What would turning upside down teach?

# %%
photos = torch.stack([torch.from_numpy(picture(i)).permute(2, 0, 1) for i in (0, 40, 80)])

def colourful(x):
    """Normalised (n, 3, h, w) back to images."""
    x = x * torch.tensor(SPREAD)[:, None, None] + torch.tensor(MEAN)[:, None, None]
    return list(x.clamp(0, 1).permute(0, 2, 3, 1).numpy())

changed = [colourful(augment(photos, torch.Generator().manual_seed(seed), Augmentation()))
           for seed in range(6)]
show_people([[picture(i), *versions] for i, *versions in zip((0, 40, 80), *changed)],
            columns=["file", *[f"draw {seed}" for seed in range(6)]],
            alt="Three people, each as stored and in six random versions: mirrored, "
                "shifted, lighter or darker, some with a plain rectangle over them")

# %% [markdown]
# The query and the gallery get no such chances: only normalisation, so that a search gives the same answer twice.
#
# ## 11.5 Deal everybody fairly (17 minutes)
#
# A triplet loss needs several images of one person in a batch. Lesson 9 counted it: shuffled batches of 751 people hold almost no
# pairs, so one takes P people with K images each. The practical ships a `RandomSampler` that does this. Its rule, in our words:

# %%
def practical_pass(ids, k, rng):
    """One epoch of the practical's rule: K images of every person, once."""
    epoch = []
    for person in np.unique(ids):
        images = np.flatnonzero(ids == person)
        pool = np.tile(images, k) if len(images) < k else images
        epoch.append(rng.choice(pool, size=k, replace=False))
    return np.array(epoch)

# %% [markdown]
# **Predict:** with K = 4, which share of the training images does one such epoch use?

# %% tags=["predict"]
my_guess_coverage = None

# %% [markdown]
# For the real set the published counts set the ceiling: 736 people give 4 images each, three people give 2, twelve give 3.

# %% tags=["NBVAL_CHECK_OUTPUT"]
epoch = practical_pass(train.person_ids, 4, np.random.default_rng(seed=0))
print(f"your folder: {len(np.unique(epoch)) / len(train):.0%} of the images - your guess:",
      my_guess_coverage)
print(f"Market-1501: at most {(736 * 4 + 3 * 2 + 12 * 3) / 12936:.0%}")

# %% [markdown]
# "Only 23 % of all train images was used", a user of torchreid wrote (its issue 19). And what of the people with fewer than four images?

# %%
repeats = [row.tolist() for row in epoch if len(set(row)) < 4]
print("people with a repeat in their four:", len(repeats), "such as", repeats[:2])

# %% [markdown]
# They are treated unevenly: a person with three images may come with one of them twice or more, and another left out.
#
# ### Exercise 4 · deal (9 minutes, difficulty 2)
#
# Cut one person's images into groups of K, so that all are used. In a group, no image may come again before all of the person's other images
# have come. With n images there are ⌈n / K⌉ groups.
#
# <details><summary>Hint</summary>
#
# Shuffle once, then walk round the circle until the groups are full. What does `np.resize` do with a short array?
# </details>

# %% tags=["answer", "id:deal"]
def deal(images, k, seed):
    """Groups of k images of one person, as an array of shape (groups, k).

    images: (n,) image numbers, all different. Every image comes at least once.
    """
    # TODO: shuffle with default_rng(seed), count the groups, go round
    ### BEGIN SOLUTION
    deck = np.random.default_rng(seed).permutation(images)
    return np.resize(deck, (int(np.ceil(len(deck) / k)), k))
    ### END SOLUTION

# %% tags=["check", "id:deal", "points:2"]
from course_utils.checks.market1501 import check_deal

check_deal(deal)
### BEGIN HIDDEN TESTS
check_deal(deal, cases=((1, 3), (7, 3), (5, 2), (4, 6), (16, 16)), seed=2115)
### END HIDDEN TESTS

# %% [markdown]
# Deal everybody, and count again: the practical's epoch, your deal, and the course's `RandomIdentitySampler`, which keeps your rule and also sees to it
# that no batch holds a person twice.

# %%
batches = RandomIdentitySampler(train.person_ids, p=16, k=4, seed=0).batches()
dealt = [deal(np.flatnonzero(train.person_ids == person), 4, seed=0)
         for person in train.unique_ids]
for used in (epoch, np.concatenate(dealt), batches):
    print(f"{used.size:5d} draws use {len(np.unique(used)) / len(train):.0%} of the images")

# %% [markdown]
# Both deals use all images. The price is the draws above your number of training images: they come twice. An *epoch* of one program is not an
# epoch of another: compare steps, or draws.

# %%
show_people([[picture(i) for i in batches[0][row:row + 8]] for row in (0, 8, 16, 24)],
            alt="Half of a batch, thirty-two images: eight people with four images "
                "each, side by side in fours", width=0.75)

# %% [markdown]
# ### Your turn · describe the sampler (5 minutes)
#
# The practical's third question. Your instructor reads this one.

# %% [markdown] tags=["explain", "id:describe_sampler", "points:3"]
# Describe the practical's sampler to somebody who knows only shuffling: what is in a batch, and why does a triplet loss need that?
# What is an epoch? Name two weaknesses, and for which people each matters.
#
# ### BEGIN SOLUTION
# **Rubric.** 1 point: P persons with K images each, so every anchor has K - 1 positives and (P - 1) K negatives; a shuffled batch of 64 from
# 751 persons has few pairs or none. 1 point: an epoch visits every person once with K images, hence 751 x 4 = 3,004 draws, about 23 % of
# the images. 1 point for two of: persons with many images are used least, in each epoch K of up to 72; persons with fewer than K images may show one image several times
# while another is left out, so an anchor meets itself at distance 0; the last batch may be smaller.
# ### END SOLUTION

# %% [markdown]
# ## 11.6 Who is in the pictures? (3 minutes)
#
# Real people, who walked past a supermarket. Nothing in the data set says that they were asked, so find out what the paper says before you use it.
#
# DukeMTMC ([Ristani et al., 2016](https://arxiv.org/abs/1609.01775)) shows more than 2,700 people on a campus. The approval was for an indoor place and for
# release on request; the cameras stood outdoors, and the files on an open page. The university took that page down in
# 2019 ([Duke Chronicle](https://www.dukechronicle.com/article/2019/06/duke-university-facial-recognition-data-set-study-surveillance-video-students-china-uyghur)).
# [Peng et al. (2021)](https://arxiv.org/abs/2108.02922) studied nearly 1,000 papers on withdrawn and other sets: copies and
# derived sets live on after a withdrawal. MSMT17 ([Wei et al., 2018](https://arxiv.org/abs/1711.08565)) left its
# public page too (reid-strong-baseline, issue 91); a later version hides the faces (MMT, issue 24). Tutorials still link to copies.
#
# Our rule: no copy from a mirror; no withdrawn set; what we can learn on drawn figures, we learn on them.
# A set you make yourself needs consent, a purpose and an end date, written down ([Gebru et al., 2018](https://arxiv.org/abs/1803.09010)).

# %% [markdown]
# ## 11.7 What to take with you (2 minutes)
#
# - All labels are in the file name. Read the name alone, and lose no `.jpg.jpg`.
# - Junk is ignored, distractors stay: 19,732 files, 15,913 candidates, 13,115 true images.
# - Near copies from one camera flatter any method; the score leaves them out.
# - Sorted paths and sorted ids make a label mean the same tomorrow.
# - Deal until every image has come, and repeat a short person's images evenly.
#
# **What this does not show.** Drawn figures have no faces, no crowds and few kinds of clothes. The shares counted here say how methods behave; they
# say nothing about real people, nor about who is missing from a set of one place and one season.
#
# **Where next.** Lesson 12 builds the network and its loss on this data. Lesson 13 trains it and scores the search.
#
# **Read more**
#
# - Zheng et al., [Scalable person re-identification: a benchmark](https://openaccess.thecvf.com/content_iccv_2015/html/Zheng_Scalable_Person_Re-Identification_ICCV_2015_paper.html), 2015: the data set and its protocol.
# - Peng, Mathur and Narayanan, [Mitigating dataset harms requires stewardship](https://arxiv.org/abs/2108.02922), 2021: what a withdrawal does and does not do.
# - Gebru et al., [Datasheets for datasets](https://arxiv.org/abs/1803.09010), 2018: questions to answer before you share data.
