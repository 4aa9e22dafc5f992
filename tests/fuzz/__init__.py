"""Coverage-guided fuzzing of the codecs (模糊测试): one target a protocol, its corpus in ``tests/data/fuzz``."""
