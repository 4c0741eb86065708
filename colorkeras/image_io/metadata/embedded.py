"""Find data that files contain in addition to the image, and that output files do not contain.

References:
    C2PA, "Technical Specification", section "Embedding manifests into various file formats".
    Google, "Motion Photo format specification", https://developer.android.com/media/platform.
    ISO 21496-1, "Gain map metadata for image conversion".
"""

import mmap
import re

PROVENANCE = "the provenance data (C2PA)"

# Several patterns that start with fixed bytes are faster than one pattern with alternatives. Files
# end with their video, or contain it in a box of its own. To take linear time, the patterns match
# only padding without 0xFF and only whole URNs.
_PATTERNS = (
    ("the video of the motion photo", rb"\xff\xd9[^\xff]{0,64}?ftyp[ \w]{4}"),
    ("the video of the motion photo", rb"mpvd.{4}ftyp"),
    ("the video of the motion photo", rb"MotionPhoto_Data"),
    ("the gain map", rb"urn:iso:std:iso:ts:21496:-1\0"),
    ("the gain map", rb"infe(\x02|\x03.{2}).{7}tmap"),
    ("the gain map", rb"urn:(?<![\w:.-]urn:)[\w:.-]{0,99}?(?i:gainmap)"),
    ("the depth map", rb"urn:mpeg:(hevc:2015:auxid:2|mpegB:cicp:systems:auxiliary:depth)\0"),
    (PROVENANCE, rb"jumb.{4}jumdc2pa"),
)


def find_embedded(path):
    """Return noun phrases that name the videos, auxiliary images and provenance data in a file."""
    with path.open("rb") as stream:
        try:
            content = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
        except OSError:  # Some network file systems do not support it.
            content = stream.read()
    found = [what for what, pattern in _PATTERNS if re.search(pattern, content, re.DOTALL)]
    return list(dict.fromkeys(found))
