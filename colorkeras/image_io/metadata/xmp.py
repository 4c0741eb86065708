"""Remove stale properties from XMP packets, and record that a program colorized the image.

Packets are untrusted input. They are not parsed into trees, which could be arbitrarily deep, and
entities are not expanded. All other bytes of a packet are preserved.

References:
    ISO 16684-1, "Extensible metadata platform (XMP) specification".
    IPTC NewsCodes, Digital Source Type: https://cv.iptc.org/newscodes/digitalsourcetype/.
"""

import re
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

from colorkeras.image_io.image import signature
from colorkeras.image_io.metadata.embedded import PROVENANCE

SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/algorithmicallyEnhanced"
"""IPTC's term for an image that a program has altered substantially."""

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
"""Namespace of the elements that contain the properties."""

_IPTC = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
_XMP = "http://ns.adobe.com/xap/1.0/"
_EXIF, _TIFF = "http://ns.adobe.com/exif/1.0/", "http://ns.adobe.com/tiff/1.0/"
_GOOGLE = "http://ns.google.com/photos/1.0/"

_TOOL = f"{_XMP} CreatorTool"
_PREVIEW = "the XMP preview"
_MARKS = {f"{_IPTC} DigitalSourceType", _TOOL}

EMPTY = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
    f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{RDF}"></rdf:RDF></x:xmpmeta>'
    '<?xpacket end="w"?>'
).encode()

# Patterns of "namespace name" for properties that describe the input file.
_STALE = {
    "the gain map": (
        r"http://ns.adobe.com/hdr-gain-map/1.0/ .*|http://ns.apple.com/HDRGainMap/1.0/ .*"
    ),
    "the video of the motion photo": (
        rf"{_GOOGLE}camera/ (MotionPhoto|MicroVideo).*|http://ns.(oppo|oplus|vivo|xiaomi).com/.* .*"
    ),
    "embedded sound and images": (
        rf"{_GOOGLE}(container/|depthmap/|image/|audio/) .*|http://ns.google.com/photos/dd/.* .*"
        r"|http://ns.apple.com/pixeldatainfo/1.0/ .*|http://ns.leiainc.com/photos/.* .*"
    ),
    PROVENANCE: r"http://purl.org/dc/terms/ provenance",
    "develop and crop settings": (
        r"http://ns.adobe.com/camera-raw-(settings|saved-settings|defaults)/1.0/ .*"
        r"|http://darktable.sf.net/ .*"
    ),
    "the XMP description of the input file's color and structure": (
        r"http://ns.adobe.com/photoshop/1.0/ (ColorMode|ICCProfile)"
        rf"|{_EXIF} (ColorSpace|Gamma|ComponentsConfiguration|CompressedBitsPerPixel)"
        r"|http://cipa.jp/exif/1.0/ Gamma"
        rf"|{_TIFF} (BitsPerSample|Compression|PhotometricInterpretation|SamplesPerPixel"
        r"|PlanarConfiguration|YCbCr.*|WhitePoint|PrimaryChromaticities|TransferFunction"
        r"|ReferenceBlackWhite)"
    ),
    "extended XMP": r"http://ns.adobe.com/xmp/note/ HasExtendedXMP",
    _PREVIEW: rf"{_XMP} Thumbnails",
}

# Additional properties that become invalid when an image is rotated upright.
_STALE_IF_TURNED = {
    "image regions and positions": (
        r"http://www.metadataworkinggroup.com/schemas/regions/ .*|http://ns.microsoft.com/photo/1.2.*"
        rf"|{_IPTC} (ImageRegion|RegionId)|{_EXIF} Subject(Area|Location)"
        r"|http://ns.(acdsee|apple).com/(regions|faceinfo)/.* .*"
        rf"|{_GOOGLE}(panorama|focus)/ .*"
    ),
    "XMP dimensions": (
        rf"{_EXIF} Pixel[XY]Dimension|{_EXIF} FocalPlane.*|{_TIFF} Image(Width|Length)"
    ),
}

# A complete tag; quoted values may contain any character.
_TAG = re.compile(rb"""<(?:[^"'>]|"[^"]*"|'[^']*')*>""")

# Searching only at the start of names and whitespace, without backtracking, takes linear time.
_ATTRIBUTE = re.compile(rb"""(?<!\s)\s++([^\s=]++)\s*+=\s*+("[^"]*"|'[^']*')""")
_LONG_NAMESPACE = re.compile(rb"""(?<!\S)xmlns[^\s=]*+\s*+=\s*+("[^"]{200}|'[^']{200})""")
_ORIENTATION = re.compile(
    rb"""(?<![\w.-])(?P<prefix>[\w.-]++)(?P<syntax>:Orientation\s*(?:=\s*["']|>)\s*)[1-8]"""
)
_TIFF_PREFIX = re.compile(rb"""\bxmlns:([\w.-]++)\s*+=\s*+["']%s["']""" % re.escape(_TIFF.encode()))


class UnusableError(Exception):
    """Raised if a packet is not XML, or if parsing it could use unbounded memory."""


def cleaned(packet, is_turned=False):
    """Remove properties that do not apply to the upright, colorized image.

    Args:
        packet: Bytes.
        is_turned: Whether the pixels were rotated or flipped.

    Returns:
        `(packet, lost, has_thumbnail)`: the packet as bytes, a list of noun phrases naming the
        removed data, and whether the packet contained a preview.

    >>> cleaned(b'<a:b xmlns:t="http://ns.adobe.com/tiff/1.0/" t:Orientation="6"/>')
    (b'<a:b xmlns:t="http://ns.adobe.com/tiff/1.0/" t:Orientation="1"/>', [], False)
    """
    packet = _upright(packet)
    stale = _STALE | _STALE_IF_TURNED if is_turned else _STALE

    def label(name):
        return next((what for what, names in stale.items() if re.fullmatch(names, name)), None)

    try:
        outline = _Outline(packet, label)
    except UnusableError:
        return packet, [], False
    lost = dict.fromkeys(outline.labels)
    has_thumbnail = _PREVIEW in lost
    lost.pop(_PREVIEW, None)
    return _without(packet, outline.spans), list(lost), has_thumbnail


def _upright(packet):
    """Set the orientation to 1, whatever the prefix of its namespace is."""
    prefixes = set(_TIFF_PREFIX.findall(packet))

    def corrected(match):
        is_orientation = match["prefix"] in prefixes
        return match["prefix"] + match["syntax"] + b"1" if is_orientation else match[0]

    return _ORIENTATION.sub(corrected, packet)


def check(packet):
    """Raise UnusableError if `marked` cannot process a packet."""
    _Outline(_stripped(packet))


def marked(packet, software):
    """Record that a program colorized the image.

    Args:
        packet: Bytes that passed `check`, or None.
        software: Program, version and model. A program already recorded in the packet is appended.

    Returns:
        Bytes.

    >>> b"algorithmicallyEnhanced" in marked(None, "colorkeras")
    True
    """
    packet = _stripped(packet or EMPTY)
    outline = _Outline(packet)
    description = (
        f'<rdf:Description xmlns:rdf="{RDF}" xmlns:Iptc4xmpExt="{_IPTC}" xmlns:xmp="{_XMP}"'
        f" rdf:about={quoteattr(outline.about)}"
        f" Iptc4xmpExt:DigitalSourceType={quoteattr(SOURCE_TYPE)}"
        f" xmp:CreatorTool={quoteattr(signature(software, outline.tool))}/>"
    ).encode()
    head = _without(packet[: outline.end], outline.spans)
    return head + description + packet[outline.end :]


def _stripped(packet):
    # Some programs pad packets with zero bytes.
    return packet.strip(b"\0 \r\n\t")


def _without(packet, spans):
    parts, at = [], 0
    for start, stop in sorted(spans):
        if start >= at:
            parts.append(packet[at:start])
        at = max(at, stop)
    return b"".join([*parts, packet[at:]])


class _Outline:
    """Positions of properties in a packet.

    Args:
        packet: Bytes.
        label: Function that maps a property's "namespace name" to a label, or to None if the
            property should be kept.

    Attributes:
        about: Value of `rdf:about`.
        end: Offset at which the list of descriptions ends.
        tool: Value of `xmp:CreatorTool`.
        spans: Start and end offsets of the attributes and elements to remove.
        labels: Labels of the removed properties.
    """

    def __init__(self, packet, label=lambda name: name if name in _MARKS else None):
        self.about, self.tool, self.end, self.spans, self.labels = "", "", None, [], []
        try:
            # XMP in image files is always UTF-8, regardless of the declared encoding.
            packet.decode("utf-8")
        except UnicodeDecodeError as error:
            raise UnusableError("it is not UTF-8") from error
        if _LONG_NAMESPACE.search(packet):
            # The parser would repeat them in every name.
            raise UnusableError("it has long namespaces")
        self._packet, self._open, self._tool, self._label = packet, [], [], label
        self._parser = expat.ParserCreate("utf-8", " ")
        self._parser.namespace_prefixes = True
        self._parser.StartDoctypeDeclHandler = self._refuse
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._stop
        self._parser.CharacterDataHandler = self._text
        try:
            self._parser.Parse(packet, True)
        except expat.ExpatError as error:
            raise UnusableError("it is not XML") from error
        if self.end is None:
            raise UnusableError("it has no descriptions")

    def _refuse(self, *declared):
        raise UnusableError("it declares entities")

    def _start(self, name, attributes):
        name, at = _without_prefix(name), self._parser.CurrentByteIndex
        within = self._open[-1][0] if self._open else None
        self._open.append((name, at))
        if name == f"{RDF} Description" and within == f"{RDF} RDF":
            values = {_without_prefix(key): value for key, value in attributes.items()}
            self.about = self.about or values.get(f"{RDF} about", "")
            self.tool = self.tool or values.get(_TOOL, "")
            self._find_attributes(at, attributes)

    def _text(self, text):
        names = [name for name, _ in self._open[-3:]]
        if names == [f"{RDF} RDF", f"{RDF} Description", _TOOL]:
            self._tool.append(text)

    def _find_attributes(self, at, attributes):
        """Find the attributes to remove from a description."""
        labels = {}
        for name in attributes:
            _, *local = name.split(" ")
            label = self._label(_without_prefix(name))
            if label is not None:
                labels[":".join(reversed(local)).encode()] = label
        if not labels:
            return
        tag = _TAG.match(self._packet, at)
        for attribute in _ATTRIBUTE.finditer(self._packet, at, tag.end()):
            if attribute[1] in labels:
                self.spans.append(attribute.span())
                self.labels.append(labels[attribute[1]])

    def _stop(self, name):
        name, at = _without_prefix(name), self._parser.CurrentByteIndex
        _, start = self._open.pop()
        if name == f"{RDF} RDF" and not self._is_empty(start):
            self.end = at
        within = [other for other, _ in self._open[-2:]]
        if name == _TOOL:
            self.tool = self.tool or "".join(self._tool)
            self._tool.clear()
        if within == [f"{RDF} RDF", f"{RDF} Description"] and self._label(name) is not None:
            last = start if self._is_empty(start) else at
            self.spans.append((start, _TAG.match(self._packet, last).end()))
            self.labels.append(self._label(name))

    def _is_empty(self, start):
        return _TAG.match(self._packet, start)[0].endswith(b"/>")


def _without_prefix(name):
    """Strip the prefix from expat's "namespace name prefix"."""
    return " ".join(name.split(" ")[:2])
