"""Why a transcript is in a category, as one HTML file that opens without a network."""

from jinja2 import Environment, PackageLoader, StrictUndefined

from allegiance.audit.explaining import Place, Why, in_context


def render_why(found: Why) -> str:
    """Render as one self-contained page.

    All text is escaped: transcripts, and what scanners say of them, are not trusted.
    """
    environment = Environment(
        loader=PackageLoader("allegiance.report"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )

    def context(place: Place) -> object:
        return in_context(found.transcript, place, around=240)

    page = environment.get_template("why.html.j2")
    return page.render(found=found, in_context=context)
