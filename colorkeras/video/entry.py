"""Entry point for film colorization, with lazy imports of PyAV and OpenCV."""

import threading

from colorkeras.inference.batch.report import FAILED, FileResult
from colorkeras.utils.errors import UserError
from colorkeras.video.film import import_av
from colorkeras.video.film_options import FilmOptions

_one_film = threading.Lock()


def color_film(model, item, options, film_options=None):
    """Colorize a film or create its contact sheet, and return a `FileResult` with any error.

    Only one film is colorized at a time.

    Args:
        model: `Predictor`.
        item: `BatchItem` with one output file.
        options: `ColorizeOptions`.
        film_options: `FilmOptions`, or None for the defaults.
    """
    film_options = film_options or FilmOptions()
    try:
        import_av()
    except UserError as error:
        return FileResult(item.source, FAILED, error=error)
    if film_options.is_preview:
        from colorkeras.video.preview import preview_film

        return preview_film(model, item, options, film_options)
    from colorkeras.video.color_films import colorize_film

    with _one_film:  # The duration in the result must not include the wait for other films.
        return colorize_film(model, item, options, film_options)
