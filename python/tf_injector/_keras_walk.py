"""Runs a Keras model layer by layer, nested models opened, on tensors or symbolically. For `check`.

Keras 2 and 3 are used through what they keep of a model's graph; where that is not as expected, `CannotWalk` is raised.
"""

from __future__ import annotations

from typing import Any, Callable, NamedTuple, Sequence


class CannotWalk(Exception):
    """The model's graph has a form that is not known here."""


class Call(NamedTuple):
    """One call of a leaf layer."""

    path: str
    """With the models around it; a later call of a shared layer ends in #2, #3, ..."""
    class_name: str
    layer: Any
    result: Any
    inputs: tuple[int, ...]
    """Numbers of the calls whose results it takes."""


Visitor = Callable[[Call], None]


class Walk:
    """A run of a model: calls `visit` for every leaf layer, in the order of the run, and returns the model's outputs."""

    def __init__(self, keras: Any, eager: bool, visit: Visitor) -> None:
        self._keras, self._eager, self._visit = keras, eager, visit
        self._origin: dict[int, int] = {}  # id of a tensor: number of the call that made it
        self._kept: list[Any] = []  # the tensors whose ids these are
        self._times: dict[str, int] = {}
        self._calls = 0

    def run(self, model: Any, inputs: Sequence[Any]) -> list[Any]:
        """The outputs for `inputs`, in the order of model.inputs. Raises `CannotWalk`."""
        try:
            return _flat(self._model(model, list(inputs), ""))
        except (AttributeError, KeyError, TypeError, IndexError) as error:
            raise CannotWalk(f"{type(error).__name__}: {error}") from error

    def _model(self, model: Any, inputs: list[Any], path: str) -> Any:
        if isinstance(model, self._keras.Sequential):
            value = inputs[0]
            for layer in model.layers:
                if type(layer).__name__ != "InputLayer":
                    value = self._call(layer, (value,), {}, path)
            return value
        if hasattr(model, "_run_through_graph"):  # Keras 3
            return model._run_through_graph(
                inputs, lambda op: lambda *args, **kwargs: self._call(op, args, kwargs, path)
            )
        return self._keras2_graph(model, inputs, path)

    def _keras2_graph(self, model: Any, inputs: list[Any], path: str) -> Any:
        uses = model._tensor_usage_count
        values: dict[Any, list[Any]] = {}
        for symbol, tensor in zip(model.inputs, inputs):
            values[str(id(symbol))] = [tensor] * uses[str(id(symbol))]
        for depth in sorted(model._nodes_by_depth, reverse=True):
            for node in model._nodes_by_depth[depth]:
                if node.is_input:
                    continue
                args, kwargs = node.map_arguments(values)
                results = _flat(self._call(node.layer, args, dict(kwargs), path))
                for key, result in zip(node.flat_output_ids, results):
                    values[key] = [result] * uses[key]
        outputs = [values[str(id(symbol))].pop() for symbol in model.outputs]
        return outputs[0] if len(outputs) == 1 else outputs

    def _call(self, layer: Any, args: Any, kwargs: dict[str, Any], path: str) -> Any:
        if isinstance(layer, self._keras.Sequential) or hasattr(layer, "_nodes_by_depth") or hasattr(layer, "_run_through_graph"):
            return self._model(layer, _flat(args), f"{path}{layer.name}/")
        if self._eager and (getattr(layer, "_call_has_training_arg", False) or getattr(layer, "_expects_training_arg", False)):
            kwargs["training"] = False
        result = layer(*args, **kwargs)
        taken = {self._origin[id(tensor)] for tensor in _flat([args, list(kwargs.values())]) if id(tensor) in self._origin}
        name = path + layer.name
        self._times[name] = self._times.get(name, 0) + 1
        if self._times[name] > 1:
            name = f"{name}#{self._times[name]}"
        self._visit(Call(name, type(layer).__name__, layer, result, tuple(sorted(taken))))
        for tensor in _flat(result):
            self._kept.append(tensor)
            self._origin[id(tensor)] = self._calls
        self._calls += 1
        return result


def _flat(structure: Any) -> list[Any]:
    if isinstance(structure, (list, tuple)):
        return [leaf for item in structure for leaf in _flat(item)]
    if isinstance(structure, dict):
        return [leaf for key in sorted(structure) for leaf in _flat(structure[key])]
    return [structure]
