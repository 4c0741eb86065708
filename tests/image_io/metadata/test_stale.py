"""Tests that output files contain no stale metadata, and that text is preserved."""

import io

import numpy as np
import pytest
import tifffile
from image_files import ramp, read, resource, segment
from PIL import ExifTags, Image, PngImagePlugin

from colorkeras import image_io
from colorkeras.image_io import DecodedImage

RED = np.full((30, 40, 3), (200, 20, 20), np.uint8)
NAMESPACES = {
    "GCamera": "http://ns.google.com/photos/1.0/camera/",
    "Container": "http://ns.google.com/photos/1.0/container/",
    "hdrgm": "http://ns.adobe.com/hdr-gain-map/1.0/",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
    "tiff": "http://ns.adobe.com/tiff/1.0/",
    "exif": "http://ns.adobe.com/exif/1.0/",
    "exifEX": "http://cipa.jp/exif/1.0/",
    "crs": "http://ns.adobe.com/camera-raw-settings/1.0/",
    "dcterms": "http://purl.org/dc/terms/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "mwg-rs": "http://www.metadataworkinggroup.com/schemas/regions/",
    "MP": "http://ns.microsoft.com/photo/1.2/",
    "GPano": "http://ns.google.com/photos/1.0/panorama/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "Device": "http://ns.google.com/photos/dd/1.0/device/",
    "LImage": "http://ns.leiainc.com/photos/1.0/image/",
    "OpCamera": "http://ns.oplus.com/photos/1.0/camera/",
    "acdsee-rs": "http://ns.acdsee.com/regions/",
}
STRUCTURE = "the XMP description of the input file's color and structure was left out"
STALE = [
    ("GCamera:MotionPhoto", "the video of the motion photo was left out"),
    ("GCamera:MicroVideoOffset", "the video of the motion photo was left out"),
    ("Container:Directory", "embedded sound and images were left out"),
    ("Device:Cameras", "embedded sound and images were left out"),
    ("LImage:Data", "embedded sound and images were left out"),
    ("OpCamera:VideoLength", "the video of the motion photo was left out"),
    ("hdrgm:Version", "the gain map was left out"),
    ("photoshop:ColorMode", STRUCTURE),
    ("photoshop:ICCProfile", STRUCTURE),
    ("tiff:PhotometricInterpretation", STRUCTURE),
    ("tiff:SamplesPerPixel", STRUCTURE),
    ("exif:ColorSpace", STRUCTURE),
    ("exifEX:Gamma", STRUCTURE),
    ("crs:ConvertToGrayscale", "develop and crop settings were left out"),
    ("crs:CropTop", "develop and crop settings were left out"),
    ("dcterms:provenance", "the provenance data (C2PA) was left out"),
]
STALE_IF_TURNED = [
    ("mwg-rs:Regions", "image regions and positions were left out"),
    ("acdsee-rs:Regions", "image regions and positions were left out"),
    ("MP:RegionInfo", "image regions and positions were left out"),
    ("exif:SubjectArea", "image regions and positions were left out"),
    ("GPano:CroppedAreaLeftPixels", "image regions and positions were left out"),
    ("exif:PixelXDimension", "XMP dimensions were left out"),
    ("tiff:ImageWidth", "XMP dimensions were left out"),
]
CURRENT = ["photoshop:City", "xmp:Rating", "dc:rights", "tiff:Make", "exif:FNumber"]


def packet(name, as_element):
    declared = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in NAMESPACES.items())
    inner = f"<{name}><rdf:Seq><rdf:li>7</rdf:li></rdf:Seq></{name}>" if as_element else ""
    attribute = "" if as_element else f"{name}='7'"
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f'<rdf:Description rdf:about="" {declared} dc:title="Grandma" {attribute}>{inner}'
        "</rdf:Description></rdf:RDF></x:xmpmeta>"
    ).encode()


def copy(source, suffix=None):
    """Save a copy of a file; return its path and all notes from reading and saving."""
    (image,), contents = read(source)
    path = source.with_name(f"copy{suffix or source.suffix}")
    color = np.zeros((*image.size, 3), np.uint8) + np.uint8([200, 20, 20])
    return path, contents.notes, image_io.save(path, iter([DecodedImage(color)]), contents.metadata)


@pytest.mark.parametrize("as_element", [False, True])
@pytest.mark.parametrize("orientation", [1, 6])
@pytest.mark.parametrize(
    ("name", "note"), [*STALE, *STALE_IF_TURNED, *((name, None) for name in CURRENT)]
)
def test_xmp(name, note, orientation, as_element, tmp_path):
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    path = tmp_path / "a.jpg"
    Image.fromarray(ramp((30, 40))).save(path, exif=exif, xmp=packet(name, as_element))
    result, notes, more = copy(path)
    is_stale = note is not None and (orientation == 6 or (name, note) not in STALE_IF_TURNED)
    assert notes == ([note] if is_stale else []) and not more
    written = read(result)[1].metadata.xmp
    assert (name.encode() in written) is not is_stale
    assert b"Grandma" in written


@pytest.mark.parametrize("orientation", [1, 3, 6])
def test_exif_positions(orientation, tmp_path):
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    exif[ExifTags.Base.Make] = "Leica"
    exif[ExifTags.IFD.Exif] = {
        0x9214: (1, 2, 3, 4),
        0xA20E: 3.5,
        0x927C: b"focus",
        0x829A: 0.5,
        0xA001: 65535,
    }
    Image.fromarray(ramp((30, 40))).save(tmp_path / "a.jpg", exif=exif)
    result, notes, _ = copy(tmp_path / "a.jpg")
    with Image.open(result) as image:
        camera = image.getexif().get_ifd(ExifTags.IFD.Exif)
    assert all((tag in camera) is (orientation == 1) for tag in (0x9214, 0xA20E, 0x927C))
    assert camera[0x829A] == 0.5 and camera[0xA001] == 1
    expected = [
        "the subject area was left out",
        "focal plane resolutions were left out",
        "the maker note (focus points) was left out",
    ]
    assert notes == (expected if orientation != 1 else [])


@pytest.mark.parametrize(("name", "note"), [STALE[0], *STALE_IF_TURNED, ("dc:rights", None)])
def test_positions_can_be_dropped_after_reading(name, note, tmp_path):
    exif = Image.Exif()
    exif[ExifTags.IFD.Exif] = {0x9214: (1, 2, 3, 4), 0x829A: 0.5}
    extra = segment(0xED, b"Photoshop 3.0\0" + resource(2000, b"path") + resource(1034, b"\1"))
    path = tmp_path / "a.jpg"
    settings = {"exif": exif, "xmp": packet(name, False), "extra": extra}
    Image.fromarray(ramp((30, 40))).save(path, **settings)
    metadata = read(path)[1].metadata
    notes = image_io.drop_positions(metadata)
    is_stale = (name, note) in STALE_IF_TURNED
    assert notes == [
        "the subject area was left out",
        *([note] if is_stale else []),
        "guides, slices, paths and counts were left out",
    ]
    assert metadata.exif.get(ExifTags.IFD.Exif) == {0x829A: 0.5}
    assert metadata.iptc == resource(1034, b"\1")
    assert b"Grandma" in metadata.xmp
    assert (name.encode() in metadata.xmp) is (name == "dc:rights")
    assert image_io.drop_positions(metadata) == image_io.drop_positions(image_io.Metadata()) == []


@pytest.mark.parametrize(
    "description", ["ImageJ=1.53\nimages=9\nslices=9", '{"shape": [9, 30, 40]}', "Grandma"]
)
def test_descriptions_of_stacks(description, tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", ramp((30, 40)), description=description, metadata=None)
    result, notes, _ = copy(tmp_path / "a.tif")
    is_kept = description == "Grandma"
    assert (description.encode() in result.read_bytes()) is is_kept
    is_reported = description.startswith("ImageJ")
    assert notes == ["the description of an image stack was left out"] * is_reported


@pytest.mark.parametrize(
    ("number", "turned_only"),
    [(1007, False), (1012, False), (1066, False), (1025, True), (1032, True), (2000, True)],
)
@pytest.mark.parametrize("orientation", [1, 8])
def test_photoshop_resources(number, turned_only, orientation, tmp_path):
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    extra = segment(0xED, b"Photoshop 3.0\0" + resource(number, b"stale") + resource(1034, b"\1"))
    Image.fromarray(ramp((30, 40))).save(tmp_path / "a.jpg", exif=exif, extra=extra)
    result, notes, _ = copy(tmp_path / "a.jpg")
    is_stale = orientation == 8 or not turned_only
    assert (b"stale" in result.read_bytes()) is not is_stale
    assert len(notes) == is_stale
    assert resource(1034, b"\1") in result.read_bytes()


@pytest.mark.parametrize(
    ("number", "kind", "value"),
    [
        (290, "H", 3),  # GrayResponseUnit
        (291, "H", tuple(range(256))),  # GrayResponseCurve
        (327, "H", 1),  # CleanFaxData
        (333, "s", "Orange"),  # InkNames
        (334, "H", 1),  # NumberOfInks
        (336, "B", (0, 255)),  # DotRange
    ],
)
def test_tags_about_stored_pixels_are_dropped(number, kind, value, tmp_path):
    count = len(value) if isinstance(value, tuple) else 1
    tags = [(number, kind, count, value, True), (271, "s", 0, "Leica", True)]
    settings = {"metadata": None, "software": False, "extratags": tags}
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((4, 4), np.uint8), **settings)
    _, contents = read(tmp_path / "a.tif")
    assert dict(contents.metadata.exif) == {271: "Leica"}
    assert not contents.notes


@pytest.mark.parametrize("suffix", [".jpg", ".tif", ".png", ".webp"])
@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "cp1251"])
def test_text_of_exif_keeps_its_bytes(suffix, encoding, tmp_path):
    text = {"cp1251": "Бабушка"}.get(encoding, "Zoë Müller, Straße").encode(encoding)
    exif = Image.Exif()
    for tag in (ExifTags.Base.ImageDescription, ExifTags.Base.Artist, 0xC4FF, 305):
        exif[tag] = text + b"\0"
    if suffix != ".tif":
        exif[ExifTags.IFD.Exif] = {0xA430: text, 0x9286: b"ASCII\0\0\0" + text}
    path = tmp_path / f"a{suffix}"
    Image.fromarray(RED).save(path, exif=exif)
    (_,), contents = read(path)
    image_io.mark(contents.metadata, "colorkeras")
    for target in (".jpg", ".tif", ".png", ".webp"):
        result = tmp_path / f"b{target}"
        image_io.save(result, iter([DecodedImage(RED)]), contents.metadata)
        with Image.open(result) as image:
            found = image.getexif()
            for tag in (ExifTags.Base.ImageDescription, ExifTags.Base.Artist):
                assert found[tag].encode("latin-1").strip(b"\0") == text
            assert found[305].encode("latin-1").strip(b"\0") == b"colorkeras; before: " + text
            if suffix != ".tif":
                camera = found.get_ifd(ExifTags.IFD.Exif)
                assert camera[0xA430] == text
                assert camera[0x9286].endswith(text)


@pytest.mark.parametrize("text", ["Zoë", "Zoë".encode("latin-1"), "祖母", b"\xff\xfe\0\x81"])
def test_comments_keep_their_bytes(text, tmp_path):
    text = text.encode() if isinstance(text, str) else text
    Image.fromarray(RED).save(tmp_path / "a.jpg", comment=text)
    result, _, notes = copy(tmp_path / "a.jpg")
    with Image.open(result) as image:
        assert image.info["comment"] == text
    result, _, more = copy(tmp_path / "a.jpg", ".png")
    assert not notes and not more
    with Image.open(result) as image:
        expected = text.decode("latin-1" if b"\xeb" in text or b"\xff" in text else "utf-8")
        assert image.text["Comment"] == expected


def test_every_comment_of_jpeg_files_is_kept(tmp_path):
    extra = segment(0xFE, b"first") + segment(0xFE, "zweiter, Zoë".encode())
    Image.fromarray(RED).save(tmp_path / "a.jpg", extra=extra)
    result, notes, _ = copy(tmp_path / "a.jpg")
    with Image.open(result) as image:
        assert image.info["comment"] == b"first\n" + "zweiter, Zoë".encode()
    assert not notes


def test_texts_with_the_same_keyword_are_reported(tmp_path):
    info = PngImagePlugin.PngInfo()
    for text in ("one", "two"):
        info.add_text("Comment", text)
    Image.fromarray(RED).save(tmp_path / "a.png", pnginfo=info)
    (note,) = copy(tmp_path / "a.png")[1]
    assert note == "only the last of several comments with the same keyword was kept"


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif", ".webp"])
def test_aspect_ratios_survive(suffix, tmp_path):
    image = Image.fromarray(ramp((30, 40)))
    content = io.BytesIO()
    image.save(content, "JPEG", dpi=(2, 1))
    content = bytearray(content.getvalue())
    content[13] = 0
    (tmp_path / "a.jpg").write_bytes(content)
    source, _, notes = copy(tmp_path / "a.jpg", suffix)
    assert not notes
    for path in (tmp_path / "a.jpg", source):
        metadata = read(path)[1].metadata
        assert metadata.aspect == (2, 1) and metadata.dpi is None


def test_aspect_ratios_are_reported_if_they_cannot_be_saved(tmp_path):
    metadata = image_io.Metadata(aspect=(2, 1))
    notes = image_io.save(tmp_path / "a.bmp", iter([DecodedImage(RED)]), metadata)
    assert notes == ["the pixel aspect ratio was left out because BMP does not support it"]


@pytest.mark.parametrize(
    ("maker_note", "has_preview", "notes"),
    [
        (
            61_000,
            False,
            ["the EXIF preview was left out because it is too large for the output format"],
        ),
        (1_000, True, []),
    ],
)
def test_preview_is_dropped_before_exif(maker_note, has_preview, notes, tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (160, 160, 3), np.uint8)
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "Leica"
    exif[ExifTags.IFD.Exif] = {ExifTags.Base.MakerNote: bytes(maker_note)}
    metadata = image_io.Metadata(exif=exif, has_thumbnail=True)
    found = image_io.save(tmp_path / "a.jpg", iter([DecodedImage(noise)]), metadata)
    assert found == notes
    metadata = read(tmp_path / "a.jpg")[1].metadata
    assert metadata.exif[ExifTags.Base.Make] == "Leica"
    assert metadata.has_thumbnail is has_preview


def test_regions_of_heic_files_that_their_reader_turns(tmp_path):
    pillow_heif = pytest.importorskip("pillow_heif")
    pillow_heif.register_heif_opener()
    exif = Image.Exif()
    for orientation in (1, 6):
        exif[ExifTags.Base.Orientation] = orientation
        settings = {"exif": exif.tobytes(), "xmp": packet("mwg-rs:Regions", False)}
        Image.fromarray(ramp((64, 80))).convert("RGB").save(tmp_path / "a.heic", **settings)
        (image,), contents = read(tmp_path / "a.heic")
        assert image.size == ((64, 80) if orientation == 1 else (80, 64))
        is_stale = orientation == 6
        assert contents.notes == ["image regions and positions were left out"] * is_stale
