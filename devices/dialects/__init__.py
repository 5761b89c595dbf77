"""Dialects: one file a payload format, bytes to items and, where it is simulated, back.

A dialect never raises on bad input: what is no reading is a `Refusal` with a code and a sentence.
Adding one costs one file, one line below, one fixture.
"""

from collections.abc import Mapping

from devices.dialects import homecare, senml_cbor, senml_json
from devices.dialects.dialect import Dialect

DIALECTS: tuple[Dialect, ...] = (
    Dialect("homecare", homecare.decode, homecare.encode),
    Dialect("senml", senml_json.decode, senml_json.encode),
    Dialect("senml-cbor", senml_cbor.decode, senml_cbor.encode),
)

BY_NAME: Mapping[str, Dialect] = {dialect.name: dialect for dialect in DIALECTS}

__all__ = ["BY_NAME", "DIALECTS", "Dialect"]
