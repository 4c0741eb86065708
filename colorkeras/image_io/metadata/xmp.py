"""XMP packets: how they say that a program colored a picture.

A packet of a file may be anything, so it is neither built into a tree, which could be endlessly
deep, nor are entities in it expanded. All of it that is not replaced stays as it is, byte for byte.

References:
    ISO 16684-1, "Extensible metadata platform (XMP) specification".
    IPTC NewsCodes, Digital Source Type: https://cv.iptc.org/newscodes/digitalsourcetype/.
"""

import re
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

from colorkeras.image_io.image import signature

SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/algorithmicallyEnhanced"
"""IPTC's term for a picture that a program changed in a way that matters."""

_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_IPTC = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
_XMP = "http://ns.adobe.com/xap/1.0/"

_TOOL = f"{_XMP} CreatorTool"
_REPLACED = {f"{_IPTC} DigitalSourceType", _TOOL}

EMPTY = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
    f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{_RDF}"></rdf:RDF></x:xmpmeta>'
    '<?xpacket end="w"?>'
).encode()

# A tag up to its end; what is quoted may hold any sign.
_TAG = re.compile(rb"""<(?:[^"'>]|"[^"]*"|'[^']*')*>""")
_ATTRIBUTE = re.compile(rb"""\s+([^\s=]+)\s*=\s*("[^"]*"|'[^']*')""")

_ORIENTATION = re.compile(rb"""(tiff:Orientation\s*(?:=\s*["']|>)\s*)[1-8]""")
_THUMBNAILS = re.compile(rb"<xmp:Thumbnails\b.*?</xmp:Thumbnails\s*>", re.DOTALL)


class UnusableError(Exception):
    """A packet that is no XML, or XML that could take any memory to read."""


def cleaned(packet):
    """A packet of a picture that was turned upright, without the preview of what it was.

    Args:
        packet: Bytes.

    Returns:
        Bytes; and whether there was a preview.

    >>> cleaned(b'<rdf:Description tiff:Orientation="6"/>')
    (b'<rdf:Description tiff:Orientation="1"/>', False)
    """
    without, count = _THUMBNAILS.subn(b"", packet)
    return _ORIENTATION.sub(rb"\g<1>1", without), bool(count)


def check(packet):
    """Raises UnusableError unless `marked` can mark a packet."""
    _Outline(_inner(packet))


def marked(packet, software):
    """Lets a packet say that a program colored the picture.

    Args:
        packet: Bytes that passed `check`, or None.
        software: Program, version and model; what the packet names already is named behind it.

    Returns:
        Bytes.

    >>> b"algorithmicallyEnhanced" in marked(None, "colorkeras")
    True
    """
    packet = _inner(packet or EMPTY)
    outline = _Outline(packet)
    description = (
        f'<rdf:Description xmlns:rdf="{_RDF}" xmlns:Iptc4xmpExt="{_IPTC}" xmlns:xmp="{_XMP}"'
        f" rdf:about={quoteattr(outline.about)}"
        f" Iptc4xmpExt:DigitalSourceType={quoteattr(SOURCE_TYPE)}"
        f" xmp:CreatorTool={quoteattr(signature(software, outline.tool))}/>"
    ).encode()
    parts, at = [], 0
    for start, stop in sorted(outline.replaced):
        parts.append(packet[at:start])
        at = stop
    return b"".join([*parts, packet[at : outline.end], description, packet[outline.end :]])


def _inner(packet):
    # Bytes of zero fill up what some programs keep free.
    return packet.strip(b"\0 \r\n\t")


class _Outline:
    """Where in a packet what stands.

    Attributes:
        about: What its descriptions say that they are about.
        end: Where the list of descriptions ends.
        tool: The program that it names.
        replaced: Starts and stops of attributes and elements that `marked` replaces.
    """

    def __init__(self, packet):
        self.about, self.tool, self.end, self.replaced = "", "", None, []
        try:
            # Whatever a packet says of its encoding, XMP of pictures is UTF-8.
            packet.decode("utf-8")
        except UnicodeDecodeError as error:
            raise UnusableError("it is no UTF-8") from error
        self._packet, self._open, self._tool = packet, [], []
        self._parser = expat.ParserCreate("utf-8", " ")
        self._parser.StartDoctypeDeclHandler = self._refuse
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._stop
        self._parser.CharacterDataHandler = self._text
        try:
            self._parser.Parse(packet, True)
        except expat.ExpatError as error:
            raise UnusableError("it is no XML") from error
        if self.end is None:
            raise UnusableError("it has no descriptions")

    def _refuse(self, *declared):
        raise UnusableError("it declares entities")

    def _start(self, name, attributes):
        at = self._parser.CurrentByteIndex
        within = self._open[-1][0] if self._open else None
        self._open.append((name, at))
        if name == f"{_RDF} Description" and within == f"{_RDF} RDF":
            self.about = self.about or attributes.get(f"{_RDF} about", "")
            self.tool = self.tool or attributes.get(_TOOL, "")
            if _REPLACED & set(attributes):
                self._find_attributes(at)

    def _text(self, text):
        names = [name for name, _ in self._open[-3:]]
        if names == [f"{_RDF} RDF", f"{_RDF} Description", _TOOL]:
            self._tool.append(text)

    def _find_attributes(self, at):
        locals_ = {name.split()[1].encode() for name in _REPLACED}
        tag = _TAG.match(self._packet, at)
        for attribute in _ATTRIBUTE.finditer(self._packet, at, tag.end()):
            if attribute[1].rpartition(b":")[2] in locals_:
                self.replaced.append(attribute.span())

    def _stop(self, name):
        at = self._parser.CurrentByteIndex
        _, start = self._open.pop()
        if name == f"{_RDF} RDF" and not self._is_empty(start):
            self.end = at
        within = [other for other, _ in self._open[-2:]]
        if name == _TOOL:
            self.tool = self.tool or "".join(self._tool)
            self._tool.clear()
        if name in _REPLACED and within == [f"{_RDF} RDF", f"{_RDF} Description"]:
            last = start if self._is_empty(start) else at
            self.replaced.append((start, _TAG.match(self._packet, last).end()))

    def _is_empty(self, start):
        return _TAG.match(self._packet, start)[0].endswith(b"/>")
