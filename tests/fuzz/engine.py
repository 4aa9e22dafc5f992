"""One run of libFuzzer through atheris, in a process of its own: libFuzzer ends the process it runs in.

``python -m tests.fuzz.engine <protocol> [libFuzzer's arguments]``; codecs are instrumented as they are imported, the
functions that are generated from tables as they are made.
"""

import importlib
import sys

import atheris


def main() -> None:
    protocol = sys.argv.pop(1)
    with atheris.instrument_imports(include=["datacenter.protocols"], enable_loader_override=False):
        compiled = importlib.import_module("datacenter.protocols.compiled")
        made = compiled._function
        vars(compiled)["_function"] = lambda *given: atheris.instrument_func(made(*given))
        targets = importlib.import_module("tests.fuzz.targets")
    atheris.Setup(sys.argv, lambda data: targets.run(protocol, data))
    atheris.Fuzz()


if __name__ == "__main__":
    main()
