"""Tests for XMP packets."""

from xml.etree import ElementTree

import pytest
from image_files import XMP

from colorkeras.image_io.metadata import xmp

RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
TYPE = "{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}DigitalSourceType"
TOOL = "{http://ns.adobe.com/xap/1.0/}CreatorTool"


def said(packet, name):
    """Return a property's values in a packet, from attributes and elements."""
    root = ElementTree.fromstring(packet.decode().strip("\ufeff"))
    descriptions = list(root.iter(f"{RDF}Description"))
    values = [element.get(name) for element in descriptions]
    values += [child.text for element in descriptions for child in element.findall(name)]
    return [value for value in values if value is not None]


def filled(inner, about=""):
    return (
        b"<?xpacket begin='' id='W5M0'?>\n"
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="Tool > 1">'
        b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        + inner
        + b"</rdf:RDF >"
        b"</x:xmpmeta>\n<?xpacket end='w'?>"
    )


AS_ATTRIBUTES = filled(
    b'<rdf:Description rdf:about="uuid:1" xmlns:a="http://ns.adobe.com/xap/1.0/"\n'
    b' xmlns:i="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" a:Label=" a:CreatorTool=\'x\' > "\n'
    b' a:CreatorTool=\'Old "tool" > 1\' i:DigitalSourceType="http://old" a:Rating="5"/>'
)
AS_ELEMENTS = filled(
    b'<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/"'
    b' xmlns:i="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"><xmp:CreatorTool>Old</xmp:CreatorTool>'
    b"<xmp:Rating>5</xmp:Rating><!-- kept --><i:DigitalSourceType rdf:resource='a>b'/>"
    b"<xmp:Nested rdf:parseType='Resource'><xmp:CreatorTool>inner</xmp:CreatorTool></xmp:Nested>"
    b"</rdf:Description>"
)


@pytest.mark.parametrize(
    ("packet", "before"),
    [
        (None, ""),
        (XMP, ""),
        (AS_ATTRIBUTES, '; before: Old "tool" > 1'),
        (AS_ELEMENTS, "; before: Old"),
        (XMP + b"\0\0", ""),
        (filled(b""), ""),
    ],
)
def test_mark_names_previous_software(packet, before):
    software = 'colorkeras & "friends" <1.0>'
    if packet is not None:
        xmp.check(packet)
    earlier = xmp.marked(packet, "colorkeras 0.9")
    for marked in (xmp.marked(packet, software), xmp.marked(earlier, software)):
        assert said(marked, TYPE) == [xmp.SOURCE_TYPE]
        assert said(marked, TOOL) == [software + before]
        ElementTree.fromstring(marked)


def test_the_rest_stays_byte_for_byte():
    marked = xmp.marked(AS_ATTRIBUTES, "c")
    assert b"a:Label=\" a:CreatorTool='x' > \"" in marked and b'a:Rating="5"' in marked
    assert b'rdf:about="uuid:1" Iptc4xmpExt:DigitalSourceType' in marked
    marked = xmp.marked(AS_ELEMENTS, "c")
    assert b"<xmp:Rating>5</xmp:Rating><!-- kept --><xmp:Nested" in marked
    assert b"<xmp:CreatorTool>inner</xmp:CreatorTool>" in marked
    start, stop = XMP.split(b"</rdf:RDF>")
    marked = xmp.marked(XMP, "c")
    assert marked.startswith(start) and marked.endswith(b"</rdf:RDF>" + stop)


LAUGHS = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))


@pytest.mark.parametrize(
    ("packet", "reason"),
    [
        (b"", "not XML"),
        (b"\xff\xfe\0x", "not UTF-8"),
        (XMP[:-20], "not XML"),
        (XMP.replace(b"nobody", b"\xff"), "not UTF-8"),
        (b"<a/>", "no descriptions"),
        (b'<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/>', "no descriptions"),
        (b"<!DOCTYPE x [<!ENTITY a0 'ha'>" + LAUGHS.encode() + b"]>" + XMP, "declares entities"),
        (b"<!DOCTYPE x SYSTEM 'file:///etc/passwd'>" + XMP, "declares entities"),
        (("<!DOCTYPE x>" + XMP.decode()).encode("utf-16"), "not UTF-8"),
        (XMP.decode().encode("utf-16-le"), "not XML"),
        (
            filled(
                b"<rdf:Description\nxmlns:a = '%s'>" % (b"u" * 1000)
                + b"<a:b>" * 100
                + b"</a:b>" * 100
                + b"</rdf:Description>"
            ),
            "long namespaces",
        ),
        (b'<?xml version="1.0" encoding="cp037"?>' + "<!DOCTYPE x>".encode("cp037"), "not UTF-8"),
    ],
)
def test_untrusted_packets_are_refused(packet, reason):
    with pytest.raises(xmp.UnusableError, match=reason):
        xmp.check(packet)


def test_deep_nesting_needs_no_stack():
    depth = 100_000
    packet = XMP.replace(b"</rdf:RDF>", b"<a>" * depth + b"</a>" * depth + b"</rdf:RDF>")
    assert b"algorithmicallyEnhanced" in xmp.marked(packet, "c")


def test_many_replacements():
    inner = b'<rdf:Description xmlns:xmp="http://ns.adobe.com/xap/1.0/"><xmp:CreatorTool/>'
    packet = filled((inner + b"<xmp:CreatorTool>x</xmp:CreatorTool></rdf:Description>") * 50_000)
    assert xmp.marked(packet, "c").count(b"CreatorTool") == 1


def test_descriptions_inside_replaced_elements():
    packet = filled(
        b'<rdf:Description xmlns:xmp="http://ns.adobe.com/xap/1.0/"><xmp:CreatorTool>'
        b'<rdf:Description xmp:CreatorTool="a"><xmp:CreatorTool>b</xmp:CreatorTool>'
        b"</rdf:Description></xmp:CreatorTool></rdf:Description>"
    )
    marked = xmp.marked(packet, "c")
    assert said(marked, TOOL) == ["c"] and marked.count(b"CreatorTool") == 1


@pytest.mark.parametrize("prefix", ["tiff", "t", "ns1"])
@pytest.mark.parametrize(
    "orientation",
    ['{}:Orientation="8">', "{}:Orientation = '8' >", "><{0}:Orientation >\n8</{0}:Orientation>"],
)
def test_orientation_is_corrected(prefix, orientation):
    orientation = orientation.format(prefix)
    packet = filled(
        f'<rdf:Description xmlns:{prefix} = "http://ns.adobe.com/tiff/1.0/"'
        f' xmlns:a="urn:other" a:Orientation="7" {orientation}</rdf:Description>'.encode()
    )
    cleaned, removed, has_preview = xmp.cleaned(packet)
    expected = orientation.replace("8", "1").encode()
    assert expected in cleaned and b'a:Orientation="7"' in cleaned
    assert not removed and not has_preview


@pytest.mark.parametrize("prefix", ["xmp", "xap"])
def test_preview_is_removed(prefix):
    packet = filled(
        f'<rdf:Description xmlns:{prefix}="http://ns.adobe.com/xap/1.0/"'
        f' {prefix}:Rating="5"><{prefix}:Thumbnails><rdf:Alt><rdf:li rdf:parseType="Resource"'
        ' xmlns:g="http://ns.adobe.com/xap/1.0/g/img/"><g:image>/9j/4AAQ</g:image></rdf:li>'
        f"</rdf:Alt></{prefix}:Thumbnails></rdf:Description>".encode()
    )
    cleaned, removed, has_preview = xmp.cleaned(packet)
    assert has_preview and not removed
    assert b"Thumbnails" not in cleaned and b"/9j/" not in cleaned and b'Rating="5"' in cleaned


@pytest.mark.parametrize(
    "packet",
    [
        XMP.replace(b"nobody", b"n" * 1_000_000),
        XMP.replace(b"nobody", b" xmlns:" * 100_000),
        XMP.replace(b"nobody", b"xmlns:" * 100_000),
        XMP.replace(b"nobody", b" a:Orientation" * 100_000),
    ],
    ids=["text", "declarations", "prefixes", "orientations"],
)
def test_long_packets_stay_unchanged(packet):
    assert xmp.cleaned(packet) == (packet, [], False)


def test_long_whitespace():
    space = b" " * 1_000_000
    name = b'<rdf:Description xmlns:a="http://ns.adobe.com/xap/1.0/"'
    packet = filled(name + space + b'a:CreatorTool="x"' + space + b"/>")
    assert b'"x"' not in xmp.marked(packet, "c")
