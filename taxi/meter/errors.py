"""Refusals of the meter model, each naming what was wrong, the value, and the rule."""

from datacenter.errors import DomainError


class TracksRefused(DomainError):
    """A track file that can't be used: ``column``, ``value`` and ``rule`` say why."""

    code = "tracks_refused"
    status = 422

    def __init__(self, column: str, value: object, rule: str) -> None:
        super().__init__(f"轨迹文件不可用：{column} = {value}，{rule}", column=column, value=value, rule=rule)
        self.column = column

    @property
    def fields(self) -> dict[str, list[str]]:
        """The column and its rule."""
        return {self.column: [self.message]}


class ModelRefused(DomainError):
    """A model file that is missing, damaged or of another version."""

    code = "meter_model_refused"
    status = 422

    def __init__(self, path: object, value: object, rule: str) -> None:
        super().__init__(f"计价器模型不可用：{path}（{value}），{rule}", path=path, value=value, rule=rule)

    @property
    def fields(self) -> dict[str, list[str]]:
        """The file and its rule."""
        return {"model": [self.message]}
