"""Configurations of models: layers and functions in the forms that the reader takes, and in those that it refuses. make_seeds.py writes
them as seeds; the weights of a class are those of tests/fuzz/layers.keras (tools/make_hdf5_seeds.py).

Everything that is taken stands in a few models, whose layers hang side by side on the same inputs; what is refused ends a model, so it
has one of its own.
"""
SIDE, CHANNELS = 6, 4
INPUTS = {"x": [SIDE, SIDE, CHANNELS], "v": [CHANNELS]}


class T:
    """A tensor: an output of a layer."""

    def __init__(self, layer, output=0, node=0):
        self.history = [layer, node, output]


X, V = T("x"), T("v")


def json2(value, kwargs=None):
    """An argument as Keras 2 writes it; the first one carries the others."""
    if isinstance(value, T):
        return [*value.history, *([] if kwargs is None else [json2(kwargs)])]
    if isinstance(value, list):
        return [json2(item, kwargs) for item in value] if kwargs is None or any(isinstance(item, (T, list)) for item in value) else value
    if isinstance(value, dict):
        return {key: json2(item) for key, item in value.items()}
    return value


def json3(value):
    if isinstance(value, T):
        return {"class_name": "__keras_tensor__", "config": {"shape": [None, SIDE, SIDE, CHANNELS], "dtype": "float32", "keras_history": value.history}}
    if isinstance(value, (list, tuple)):
        return [json3(item) for item in value]
    if isinstance(value, dict):
        return {key: json3(item) for key, item in value.items()}
    return value


def constant(value, kwargs):
    """Keras 2's constant as the first argument."""
    return ["_CONSTANT_VALUE", -1, value, json2(kwargs)]


def layer(class_name, inputs=X, name=None, *, keras3=False, module="keras.layers", call=None, **config):
    """A layer; `call`: keyword arguments of its call."""
    name = name or class_name.lower()
    node = {"args": [json3(inputs)], "kwargs": json3(call or {})} if keras3 else json2(inputs, call or {})
    if not keras3 and isinstance(inputs, T):
        node = [node]
    return {"module": module, "class_name": class_name, "name": name, "config": {"name": name, **config}, "inbound_nodes": [node]}


def function(name, first=X, /, label=None, **kwargs):
    """TFOpLambda, or SlicingOpLambda for x[...]."""
    class_name = "SlicingOpLambda" if "slice_spec" in kwargs else "TFOpLambda"
    if isinstance(first, (T, list)):
        node = json2(first, kwargs)
    else:
        node = constant(first, kwargs)
    return {"class_name": class_name, "name": label or name, "config": {"name": label or name, "function": name}, "inbound_nodes": [node]}


def op3(class_name, *args, label=None, module="keras.src.ops.numpy", config=None, **kwargs):
    """An op of Keras 3."""
    return {"module": module, "class_name": class_name, "name": label or class_name, "config": {"name": label or class_name, **(config or {})},
            "inbound_nodes": [{"args": json3(list(args)), "kwargs": json3(kwargs)}]}


def op_layer(op, *inputs, label=None, constants=None, attr=None, node_def=True):
    """TensorFlowOpLayer, of TensorFlow 2.0 to 2.3."""
    config = {"name": label or op, "constants": constants or {}}
    if node_def:
        config["node_def"] = {"name": op, "op": op, "attr": attr or {}}
    return {"class_name": "TensorFlowOpLayer", "name": label or op, "config": config, "inbound_nodes": [[json2(tensor, {}) for tensor in inputs or (X,)]]}


def number(value):
    return {"i": str(value)}


def numbers(*values):
    return {"list": {"i": [str(value) for value in values]}}


def model(layers, version, outputs=None, inputs=None, **others):
    """`outputs`: names of layers; all of them if it is not given. `inputs`: name to type."""
    keras3 = version.startswith("3")
    shape = "batch_shape" if keras3 else "batch_input_shape"
    types = {"x": "float32", "v": "float32"} if inputs is None else inputs
    ends = [T(name) for name in (outputs or [row["name"] for row in layers])]
    named = [{"class_name": "InputLayer", "name": name, "config": {"name": name, shape: [None, *INPUTS[name[:1]]], "dtype": kind}, "inbound_nodes": []}
             for name, kind in types.items()]
    return {"keras_version": version, "class_name": "Functional",
            "config": {"name": "m", "layers": named + layers, "input_layers": [[name, 0, 0] for name in types],
                       "output_layers": [end.history for end in ends], **others}}


def distinct(layers):
    """Each gets a name of its own."""
    seen = {}
    for row in layers:
        count = seen[row["name"]] = seen.get(row["name"], -1) + 1
        if count:
            row["name"] = row["config"]["name"] = f"{row['name']}_{count}"
    return layers


def all_slice(start=None, stop=None, step=None):
    return {"start": start, "stop": stop, "step": step}


def slice3(start=None, stop=None, step=None):
    return {"class_name": "__slice__", "config": all_slice(start, stop, step)}


ELLIPSIS = {"class_name": "__ellipsis__", "config": {}}
PADDINGS = [[0, 0], [1, 2], [0, 1], [0, 0]]


def tf_functions():
    """What is taken of the functions of TensorFlow, and shapes from op to op."""
    return distinct([
        *(function(f"math.{name}", y=y) for name in ("add", "subtract", "multiply", "divide", "truediv", "maximum", "minimum") for y in (X, 1.5, [1, 2, 3, 4])),
        function("math.add", y=T("whole_pixel")), function("__operators__.add", 2.0, y=X), function("math.subtract", 1.0, y=X),
        function("__operators__.getitem", label="whole_pixel", slice_spec=[all_slice(), all_slice(0, 1), all_slice(0, 1)]),
        *(function(name) for name in ("math.negative", "math.square", "math.exp", "math.sigmoid", "math.softplus", "math.tanh", "nn.elu", "nn.relu", "nn.relu6",
                                      "nn.selu", "nn.silu", "nn.softmax", "nn.log_softmax", "nn.softsign", "nn.gelu", "nn.leaky_relu", "identity",
                                      "stop_gradient", "cast")),
        function("nn.gelu", approximate=True), function("nn.leaky_relu", alpha=0.1), function("nn.elu", alpha=2), function("nn.silu", beta=1.0),
        function("nn.softmax", axis=1), function("nn.log_softmax", axis=-2), function("nn.softmax", axis=None), function("cast", dtype="float32"),
        function("clip_by_value", clip_value_min=0.0, clip_value_max=[1, 2, 3, 4]),
        function("nn.bias_add", bias=[1, 2, 3, 4]), function("nn.bias_add", bias=[1] * SIDE, data_format="NCHW"),
        *(function(f"nn.{name}_pool2d", ksize=ksize, strides=strides, padding=padding, data_format="NHWC")
          for name in ("max", "avg") for ksize, strides, padding in ((2, 2, "SAME"), ([2, 3], [1, 1], "VALID"), ([1, 2, 2, 1], [1, 2, 1, 1], "SAME"),
              (2, None, "VALID"))),
        function("pad", paddings=PADDINGS), function("compat.v1.pad", paddings=PADDINGS, mode="CONSTANT", constant_values=1.5),
        function("transpose", perm=[0, 2, 1, 3]), function("compat.v1.transpose", perm=[0, 3, 2, 1], conjugate=False),
        function("math.reduce_mean", axis=[1, 2]), function("math.reduce_mean", axis=[2, 1], keepdims=True),
        function("math.reduce_max", axis=[1, -2], keepdims=False),
        function("expand_dims", label="taller", axis=1), function("squeeze", T("taller"), axis=[1]), function("compat.v1.squeeze", T("taller"), axis=1),
        function("expand_dims", axis=-1), function("reshape", shape=[-1, 36, 4]), function("reshape", shape=[-1, 144]),
        function("split", num_or_size_splits=2, axis=3), function("split", num_or_size_splits=[1, -1], axis=-1),
        function("split", num_or_size_splits=[2, 2, 2], axis=1, num=3),
        function("stack", [X, X], axis=1), function("stack", [X], axis=-1), function("unstack", axis=1), function("unstack", num=4, axis=-1),
        function("concat", [X, X], axis=-1),
        *(function("__operators__.getitem", slice_spec=spec) for spec in (
            [all_slice(), all_slice(1, -1), all_slice(None, None, -1)], [{"class_name": "__ellipsis__"}, all_slice(0, 4, 2)],
            [all_slice(), None, 1, {"class_name": "__ellipsis__"}, None],
            [all_slice(), -1, -2, 3], [all_slice(0, None, 1), all_slice(5, 0, -2)], all_slice())),
        # Shapes.
        function("shape", label="s"), function("compat.v1.shape", out_type="int32"),
        function("__operators__.getitem", T("s"), label="images", slice_spec=0), function("__operators__.getitem", T("s"), label="height", slice_spec=1),
        function("__operators__.getitem", T("s"), label="sides", slice_spec=all_slice(1, 3)),
        function("__operators__.getitem", T("s"), label="backwards", slice_spec=[all_slice(3, 0, -1)]),
        function("math.multiply", T("height"), label="area", y=T("height")), function("math.add", T("height"), label="more", y=2),
        function("math.subtract", T("more"), label="same", y=2),
        function("math.floordiv", T("height"), label="half", y=2), function("compat.v1.floor_div", T("more"), label="negative", y=-3),
        function("math.add", T("sides"), label="larger", y=[1, 1]),
        function("math.add", 3, label="nine", y=T("height")), function("math.subtract", T("sides"), label="none", y=T("sides")),
        function("cast", T("height"), label="cast_shape", dtype="int64"),
        function("reshape", shape=[T("images"), T("area"), 4]), function("reshape", shape=[T("images"), T("height"), T("height"), -1]),
        function("stack", [T("images"), T("area"), T("height")], label="packed", axis=0), function("unstack", T("s"), label="parts", num=4, axis=0),
        function("reshape", shape=[T("parts", 0), T("parts", 3), -1]), function("identity", T("s"), label="s_again"),
    ])


def tf_functions_of_lists():
    """Lists in which constants stand between tensors."""
    first = {"class_name": "TFOpLambda", "name": "joined", "config": {"name": "joined", "function": "concat"},
             "inbound_nodes": [[["first", 0, 0, {"axis": 0}], constant([36, 4], {"axis": 0})]]}
    packed = {"class_name": "TFOpLambda", "name": "packed", "config": {"name": "packed", "function": "stack"},
              "inbound_nodes": [[["images", 0, 0, {}], constant(144, {})]]}
    return [function("shape", label="s"), function("__operators__.getitem", T("s"), label="first", slice_spec=all_slice(0, 1)),
            function("__operators__.getitem", T("s"), label="images", slice_spec=0), first, packed,
            function("reshape", label="by_joined", shape=T("joined")), function("reshape", label="by_packed", shape=T("packed"))]


def tf_refused():
    """Each ends a model."""
    shape = [function("shape", label="s"), function("__operators__.getitem", T("s"), label="height", slice_spec=1),
             function("__operators__.getitem", T("s"), label="images", slice_spec=0), function("__operators__.getitem", T("s"), label="sides",
                 slice_spec=all_slice(1, 3))]
    alone = [
        function("math.add"), function("math.add", y="text"), function("math.add", y=[[1, 2], [3]]), function("math.add", y=[1, 2, 3]),
        function("math.add", 1.5, y=2.5),
        function("math.floordiv", y=2), function("nn.bias_add"), function("nn.bias_add", bias=X), function("nn.bias_add", bias=[1, 2]),
        function("nn.bias_add", bias=[1, 2, 3, 4], data_format=3),
        function("clip_by_value", clip_value_min=0.0), function("clip_by_value", clip_value_min=X, clip_value_max=1), function("nn.silu", beta=2),
        function("nn.leaky_relu", alpha="x"),
        function("nn.leaky_relu", alpha=V), function("nn.gelu", approximate=3), function("nn.softmax", axis=0), function("nn.softmax", axis=9),
        function("nn.softmax", axis=[1, 2]),
        function("nn.softmax", axis=[1, 1]), function("nn.softmax", axis="x"), function("nn.softmax", axis=V), function("cast", dtype="int8"),
        function("cast", dtype="text"), function("cast", dtype=3),
        function("nn.max_pool2d"), function("nn.max_pool2d", ksize=[1, 2, 3]), function("nn.max_pool2d", ksize=[2, 2, 2, 1]),
        function("nn.max_pool2d", ksize=2, padding="none"),
        function("nn.max_pool2d", ksize=2, padding=2), function("nn.max_pool2d", ksize=2, data_format="NCHW"), function("nn.avg_pool2d", ksize=[]),
        function("nn.avg_pool2d", ksize=0),
        function("pad"), function("pad", paddings=[[0, 0]]), function("pad", paddings=[[1, 0], *PADDINGS[1:]]),
        function("pad", paddings=[[0, 0], [1], [0, 1], [0, 0]]), function("pad", paddings=V),
        function("pad", paddings=[[0, 0], [-1, 0], [0, 1], [0, 0]]), function("pad", paddings=PADDINGS, mode="REFLECT"),
        function("pad", paddings=PADDINGS, constant_values="x"),
        function("pad", paddings=PADDINGS, constant_values=V), function("transpose"), function("transpose", perm=[0, 1]),
        function("transpose", perm=[1, 0, 2, 3]), function("transpose", perm=[0, 0, 1, 2]),
        function("math.reduce_mean"), function("math.reduce_mean", axis=[1]), function("math.reduce_max", V, axis=[1]),
        function("math.reduce_max", axis=[1, 2], keepdims=2),
        function("expand_dims"), function("expand_dims", axis=0), function("expand_dims", axis=[1, 2]), function("expand_dims", axis=7), function("squeeze"),
        function("squeeze", axis=1),
        function("squeeze", axis=0), function("reshape"), function("reshape", shape=[2, 72]), function("reshape", shape=[-1, -1, 4]),
        function("reshape", shape=[-1, 7]), function("reshape", shape=144),
        function("reshape", shape=[]), function("reshape", shape=[-1, -2]), function("reshape", shape=[-1, 1 << 39, 1 << 39]),
        function("reshape", shape=[-1, 0, -1]), function("reshape", shape=[None, 0.5]),
        function("reshape", shape=[1 << 41]), function("reshape", shape=[1] * 1025), function("reshape", shape=[[-1, 144], T("v")]),
        function("reshape", shape=[-1] + [1] * 31 + [144]),
        function("split"), function("split", num_or_size_splits=2), function("split", num_or_size_splits=5, axis=1),
        function("split", num_or_size_splits=[1, 2], axis=1),
        function("split", num_or_size_splits=[9, -3], axis=1), function("split", num_or_size_splits=[-1, 9], axis=1), function("split", axis=1),
        function("split", num_or_size_splits=2, axis=[1, 2]),
        function("split", num_or_size_splits=2, axis=[]), function("stack", [X, V], axis=1), function("stack", X), function("stack", [X, X]),
        function("stack", [X, X], axis=9), function("unstack"),
        function("unstack", axis=[1, 2]), function("concat", [X, V], axis=1), function("concat", [X, X], axis=0), function("concat", [X, X], axis=5),
        function("concat", X, axis=T("v")),
        *(function("__operators__.getitem", slice_spec=spec) for spec in (
            None, 0, [0], [all_slice(1)], [all_slice()] * 6, [ELLIPSIS, ELLIPSIS], [all_slice(), 9], [all_slice(), -9], [all_slice(), all_slice(9, 12)],
            [all_slice(), all_slice(0, 1, 0)], "x",
            [1.5], [{"start": 0}], [{}],
            [all_slice(), all_slice("a")], [all_slice(), all_slice(0, 1.5)], [all_slice(), {"class_name": "__slice__", "config": 3}], [all_slice(), V],
            [all_slice(), all_slice(None, None, -(1 << 63))])),
        function("no.such_function"), function("math.add", y=1, unknown=2), function("nn.relu", X, name="given", other=None), function("nn.relu", []),
        function("nn.relu", [X, X]), function("nn.relu", "text"),
        function("nn.relu", T("x", 1)), function("nn.relu", T("y")), function("nn.relu", T("x", 0, 5)), function("nn.relu", T("x", -1)),
        function("nn.relu", T("x", 1 << 40)), function("nn.relu", label="nn.relu", y=T("nn.relu")),
    ]
    of_shapes = [
        function("math.add", T("s"), y=T("sides")), function("math.add", T("s"), y=1), function("math.floordiv", T("height"), y=0),
        function("math.multiply", T("height"), y=1 << 40),
        function("math.multiply", T("height"), y=X), function("math.add", T("height"), y=1.5), function("nn.relu", T("s")),
        function("cast", T("s"), dtype="float32"), function("cast", T("s")),
        function("reshape", shape=[T("images"), T("images")]), function("reshape", shape=[T("height"), -1]), function("reshape", shape=[T("images"), 7, -1]),
        function("reshape", shape=T("height")),
        function("reshape", shape=[T("s"), 4]),
        function("nn.softmax", axis=T("images")), function("nn.softmax", axis=T("s")), function("nn.max_pool2d", ksize=T("s")),
        function("split", num_or_size_splits=T("s"), axis=1),
        function("__operators__.getitem", T("s"), slice_spec=[0, 1]), function("__operators__.getitem", T("height"), slice_spec=0),
        function("__operators__.getitem", T("s"), slice_spec=4),
        function("__operators__.getitem", T("s"), slice_spec=None), function("__operators__.getitem", slice_spec=[all_slice(), T("height")]),
        function("__operators__.getitem", slice_spec=[all_slice(), T("images")]),
        function("stack", [T("height"), T("s")]), function("stack", [T("height"), T("height")], axis=[0, 0]),
        function("stack", [T("height"), T("height")], axis=[]), function("stack", [T("height"), T("height")], axis=1),
        function("unstack", T("height")), function("unstack", T("s"), axis=[]), function("unstack", T("s"), axis=1),
        function("concat", [T("sides"), T("sides")], axis=1),
        function("concat", [T("sides"), T("height")], axis=0), function("concat", [T("sides"), X], axis=0), function("math.maximum", T("height"), y=3),
        function("identity", T("s")),
    ]
    for refused in alone:
        yield [refused], [refused["name"]]
    for refused in of_shapes:
        refused["name"] = refused["config"]["name"] = "refused"
        yield [*shape, refused], ["refused"]
    more = [function("unstack", T("s"), label="parts"), function("concat", [T("large_0"), T("large_0")], label="refused", axis=0)]
    doubled = [function("concat", [T(f"large_{i + 1}"), T(f"large_{i + 1}")], label=f"large_{i}", axis=0) for i in range(9)]
    yield [*shape, *more[:1], function("identity", T("s"), label="large_9"), *doubled, more[1]], ["refused"]


def too_many_parts():
    large = layer("UpSampling2D", size=200)
    for split in (function("split", T("upsampling2d"), num_or_size_splits=1200, axis=1), function("unstack", T("upsampling2d"), axis=1)):
        yield [large, split], [split["name"]]


def old_lambdas(codes):
    """Keras up to 2.2 wrote the code of a Lambda layer as text, a character for a byte."""
    for code in [*(code.decode("latin-1") for code in codes), "\u20ac", "\u00c3", ""]:
        yield model([layer("Lambda", function=[code, None, None], function_type="lambda")], "2.2.0")
        yield model([layer("Lambda", function={"class_name": "__lambda__", "config": {"code": code}})], "2.14.0")


def op_layers():
    """Every operation of TensorFlowOpLayer that is known."""
    pool = {"ksize": numbers(1, 2, 2, 1), "strides": numbers(1, 2, 2, 1), "padding": {"s": "VkFMSUQ="}, "data_format": {"s": "TkhXQw=="}}
    return distinct([
        *(op_layer(op) for op in ("Elu", "Exp", "Identity", "LeakyRelu", "Neg", "Relu", "Relu6", "Selu", "Sigmoid", "Softmax", "Softplus", "Softsign", "Square",
                                "StopGradient", "Tanh")),
        *(op_layer(op, X, X) for op in ("Add", "AddV2", "Maximum", "Minimum", "Mul", "RealDiv", "Sub")),
        *(op_layer(op, constants={place: 2.0}) for op in ("AddV2", "Mul", "RealDiv", "Sub") for place in "01"),
        op_layer("RealDiv", constants={"1": [1, 2.0, 3, 4]}), op_layer("RealDiv", constants={"1": [[1, 2, 3, 4]]}),
        op_layer("BiasAdd", constants={"1": [1, 2, 3, 4]}), op_layer("LeakyRelu", attr={"alpha": {"f": 0.25}}),
        op_layer("Max", constants={"1": [1, 2]}, attr={"keep_dims": {"b": True}}),
        op_layer("Mean", constants={"1": [1, 2]}), op_layer("MaxPool", attr=pool), op_layer("AvgPool", attr=pool | {"padding": {"s": "U0FNRQ=="}}),
        op_layer("MaxPool", attr={"ksize": {"list": {"i": [1, 3, 3, 1]}}, "strides": numbers(1, 1, 1, 1), "padding": {"s": "valid"}}),
        op_layer("Cast", attr={"DstT": {"type": "DT_FLOAT"}}), op_layer("ConcatV2", X, X, constants={"2": -1}),
        op_layer("Pack", X, X, attr={"axis": number(1)}),
        op_layer("Unpack", attr={"axis": number(3), "num": number(4)}), op_layer("Pad", constants={"1": PADDINGS}),
        op_layer("PadV2", constants={"1": PADDINGS, "2": 1.5}),
        op_layer("ExpandDims", constants={"1": 1}, label="taller"), op_layer("Squeeze", T("taller"), attr={"squeeze_dims": numbers(1)}),
        op_layer("Transpose", constants={"1": [0, 2, 1, 3]}),
        op_layer("Reshape", constants={"1": [-1, 144]}), op_layer("Shape", label="s"),
        op_layer("StridedSlice", constants={"1": [0, 1, 1, 0], "2": [0, 4, 0, 2], "3": [1, 2, 1, 1]},
                 attr={"begin_mask": number(9), "end_mask": number(5), "shrink_axis_mask": number(4)}),
        op_layer("StridedSlice", constants={"1": [0, 0, 1], "2": [0, 0, 2], "3": [1, 1, 1]}, attr={"ellipsis_mask": number(1), "new_axis_mask": number(2)}),
        op_layer("StridedSlice", T("s"), label="images", constants={"1": [0], "2": [1], "3": [1]}, attr={"shrink_axis_mask": number(1)}),
        op_layer("StridedSlice", T("s"), label="height", constants={"1": [1], "2": [2], "3": [1]}, attr={"shrink_axis_mask": number(1)}),
        op_layer("StridedSlice", T("s"), label="sides", constants={"1": [1], "2": [3], "3": [1]}),
        op_layer("FloorDiv", T("height"), label="half", constants={"1": 2}),
        op_layer("Cast", T("height"), label="int32", attr={"DstT": {"type": "DT_INT32"}}),
        op_layer("Cast", T("height"), label="int64", attr={"DstT": {"type": "DT_INT64"}}),
        op_layer("Pack", T("images"), label="shape", constants={"1": 36, "2": 4}), op_layer("Reshape", X, T("shape"), label="by_shape"),
        op_layer("ConcatV2", T("sides"), label="joined", constants={"1": [4], "2": 0}),
    ])


def op_layers_refused():
    bounds = {"1": [0, 1], "2": [0, 2], "3": [1, 1]}
    rows = [op_layer("NoSuchOp"), op_layer("Relu", node_def=False), op_layer("Cast"), op_layer("Cast", attr={"DstT": {"type": "DT_STRING"}}),
            op_layer("ConcatV2"), op_layer("ConcatV2", constants={"0": [1], "2": 0}),
            op_layer("Relu", constants={"one": 1}), op_layer("Relu", constants={"5": 1}), op_layer("Relu", constants={"-1": 1}),
            op_layer("Relu", constants=[1]), op_layer("StridedSlice"),
            op_layer("StridedSlice", constants=bounds | {"3": 1}), op_layer("StridedSlice", constants=bounds | {"3": [1]}),
            op_layer("StridedSlice", constants={key: [0] * 33 for key in "123"}),
            op_layer("StridedSlice", constants=bounds, attr={"begin_mask": {"i": "x"}}), op_layer("StridedSlice", constants=bounds,
                attr={"begin_mask": {"i": 1.5}}),
            op_layer("StridedSlice", constants=bounds, attr={"begin_mask": {"i": ""}}), op_layer("StridedSlice", constants=bounds, attr={"begin_mask": 3}),
            op_layer("MaxPool"), op_layer("MaxPool", attr={"ksize": numbers(1, 2, 2, 1), "strides": {"list": {"i": ["two"]}}}),
            op_layer("MaxPool", attr={"ksize": numbers(1, 2, 2, 1), "padding": {"s": "?"}}),
            op_layer("MaxPool", attr={"ksize": numbers(1, 2, 2, 1), "padding": {"s": 5}}), op_layer("MaxPool", attr={"ksize": {"list": {"i": 3}}}),
            op_layer("Squeeze"),
            op_layer("RealDiv", constants={"0": 1.0, "1": "x"}), op_layer("RealDiv", constants={"1": [1, "x"]}), op_layer("RealDiv", constants={"1": 0}),
            op_layer("Unpack", attr={"axis": {"i": "1.5"}}),
            op_layer("Pack", constants={"0": 1, "1": 2}), op_layer("PadV2", constants={"1": PADDINGS}), op_layer("PadV2", constants={"1": PADDINGS, "2": "x"}),
            op_layer("LeakyRelu", attr={"alpha": {"f": "x"}})]
    for row in rows:
        yield [row], [row["name"]]
    for row in rows[:6]:  # inputs in lists, and none
        yield [row | {"inbound_nodes": [[[["x", 0, 0, {}]], [[["x", 0, 0, {}]]]]]}], [row["name"]]
        yield [row | {"inbound_nodes": [[]]}], [row["name"]]


def ops3():
    """What is taken of the ops of Keras 3."""
    one = ("Relu", "Relu6", "Selu", "Sigmoid", "Silu", "Softplus", "Softsign", "Tanh", "Elu", "Exp", "Gelu", "HardSigmoid", "HardSilu", "LeakyRelu",
           "LogSoftmax", "Softmax", "Negative", "Square", "StopGradient", "ReLU")
    return distinct([
        *(op3(name, X, module="keras.src.ops.nn") for name in one),
        *(op3(name, X, other) for name in ("Add", "Subtract", "Multiply", "Divide", "TrueDivide", "Maximum", "Minimum") for other in (X, 2.5, [1, 2, 3, 4])),
        op3("Add", 1, X), op3("Subtract", 1.5, X), op3("Add", x1=X, x2=3), op3("Multiply",
            {"class_name": "__tensor__", "config": {"value": [1, 2, 3, 4], "dtype": "float32"}}, X),
        op3("Gelu", X, config={"approximate": False}), op3("LeakyRelu", X, config={"negative_slope": 0.1}), op3("Softmax", X, config={"axis": 1}),
        op3("Elu", X, config={"alpha": 0.5}),
        op3("ReLU", X, config={"negative_slope": 0.1, "max_value": 4.0, "threshold": 0.5}), op3("ReLU", X, config={"max_value": 6}),
        op3("ReLU", X, config={"negative_slope": 0.5}),
        op3("Clip", X, config={"x_min": -1, "x_max": 1}), op3("Cast", X, config={"dtype": "float32"}),
        op3("Cast", X, config={"dtype": {"class_name": "DTypePolicy", "config": {"name": "float32"}}}),
        op3("MaxPool", X, module="keras.src.ops.nn", config={"pool_size": 2, "strides": None, "padding": "valid", "data_format": "channels_last"}),
        op3("AveragePool", X, module="keras.src.ops.nn", config={"pool_size": [2, 3], "strides": [1, 2], "padding": "same"}),
        op3("Pad", X, config={"pad_width": PADDINGS, "mode": "constant"}), op3("Pad", X, config={"pad_width": PADDINGS}, constant_values=1.5),
        op3("Transpose", X, config={"axes": [0, 2, 1, 3]}),
        op3("Mean", X, config={"axis": [1, 2], "keepdims": True}), op3("Max", X, config={"axis": [2, 1], "keepdims": False}),
        op3("ExpandDims", X, label="taller", config={"axis": 1}),
        op3("Squeeze", T("taller"), config={"axis": 1}), op3("Reshape", X, config={"newshape": [-1, 144]}), op3("Reshape", X, config={"newshape": [-1, 36, 4]}),
        op3("Split", X, config={"indices_or_sections": 2, "axis": 3}),
        op3("Split", X, config={"indices_or_sections": [1, 3], "axis": -1}), op3("Stack", [X, X], config={"axis": 1}),
        op3("Unstack", X, config={"axis": 1, "num": None}), op3("Concatenate", [X, X], config={"axis": -1}),
        *(op3("GetItem", X, key) for key in ([slice3(), slice3(1, -1), slice3(None, None, -1)], [ELLIPSIS, slice3(None, None, 2)], [slice3(), None, 2],
                                [slice3(), slice3(), slice3(), -1], slice3())),
    ])


def ops3_refused():
    rows = [op3("NoSuchOp", X), op3("Relu"), op3("Relu", X, X), op3("Relu", [X, X]), op3("Relu", 3), op3("Relu", X, other=3),
            op3("Relu", X, config={"other": 3}), op3("Softmax", X, config={"axis": None}),
            op3("LogSoftmax", X, axis=None), op3("Cast", X, config={"dtype": "float16"}), op3("Clip", X), op3("GetItem", X), op3("GetItem", X, 0),
            op3("Split", X, config={"indices_or_sections": [3, 1], "axis": 1}),
            op3("Split", X, config={"indices_or_sections": [9], "axis": 1}), op3("Add", X), op3("Add", X, "x"), op3("Add", 1.5, 2.5),
            op3("Pad", X, config={"pad_width": 3}), op3("Mean", X), op3("Stack", X), op3("Concatenate", X),
            op3("Reshape", X, config={"newshape": [144]}), op3("Relu", X, module=""), op3("Relu", X, module="mine.ops"),
            op3("Relu", X, module="keras.src.activations.activations"), op3("ReLU", X, config={"max_value": -1}),
            op3("Split", X, config={"indices_or_sections": 2000, "axis": 1}), op3("Relu", {"class_name": "__keras_tensor__", "config": {}}),
            op3("Relu", {"class_name": "__keras_tensor__", "config": {"keras_history": ["x", 0]}}),
            op3("Unstack", X, config={"axis": 0}), op3("Softmax", X, config={"axis": 0}), op3("ReLU", X, config={"threshold": "x"}), op3("Relu", T("x", 3)),
            op3("Relu", {"a": X}), op3("Relu", X, training=True)]
    for row in rows:
        yield [row], [row["name"]]
    relu = op3("Relu", X)
    for nodes in (None, "x", 3, {}, [3], [None], [{"args": 3}], [{"args": [X.history], "kwargs": 3}], [{}], []):
        yield [relu | {"inbound_nodes": nodes}], ["Relu"]


def plain_layers(keras3):
    """Layers without weights, with options."""

    def of(class_name, inputs=X, **config):
        return layer(class_name, inputs, keras3=keras3, **config)

    activations = ("linear", "relu", "relu6", "softmax", "elu", "exponential", "gelu", "hard_sigmoid", "hard_silu", "hard_swish", "leaky_relu", "log_softmax",
                   "log_softmax_v2", "mish", "selu", "sigmoid", "silu",
                   "softmax_v2", "softplus", "softsign", "swish", "tanh")
    resizes = ("nearest", "bilinear", "bicubic", "area", "lanczos3", "lanczos5", "gaussian", "mitchellcubic")
    return distinct([
        *(of("Activation", activation=name) for name in activations), of("Activation", activation={"class_name": "function", "config": "relu"}),
        of("Activation", activation={"class_name": "relu", "config": "x"}),
        *(of("Activation", activation={"class_name": name, "config": config}) for name, config in (("ReLU", {"max_value": 3.0}), ("ELU", {}), ("LeakyReLU", {}),
            ("Softmax", {"axis": -1}))),
        *(of(name, rate=0.5) for name in ("Dropout", "AlphaDropout", "GaussianDropout", "SpatialDropout2D")), of("GaussianNoise", stddev=0.1),
        of("StochasticDepth", drop_path_rate=0.1), of("Identity"),
        of("ActivityRegularization", l1=0.1, l2=0.0), of("ELU", alpha=0.5), of("LeakyReLU", negative_slope=0.2), of("LeakyReLU", alpha=0.2), of("LeakyReLU"),
        of("ReLU", max_value=6.0, negative_slope=0.0, threshold=0.0),
        of("ReLU", max_value=4, negative_slope=0.5, threshold=1), of("Softmax", axis=-1), of("Softmax", axis=[1]), of("Softmax"), of("Flatten"),
        of("Flatten", V, data_format="channels_first"), of("Reshape", target_shape=[-1, 4]),
        of("Reshape", target_shape=[144]), of("Permute", dims=[2, 1, 3]), of("RepeatVector", V, n=3), of("Cropping2D", cropping=[[1, 0], [2, 1]]),
        of("Cropping2D", cropping=[1, 2]), of("Cropping2D", cropping=1),
        of("ZeroPadding2D", padding=[[1, 0], [0, 2]]), of("ZeroPadding2D", padding=[1, 2]), of("ZeroPadding2D", padding=2),
        *(of("UpSampling2D", size=[2, 3], interpolation=name) for name in resizes), of("UpSampling2D"),
        of("MaxPooling2D"), of("MaxPooling2D", pool_size=[2, 3], strides=None, padding="SAME"),
        of("AveragePooling2D", pool_size=3, strides=[1, 2], padding="valid"), of("GlobalAveragePooling2D", keepdims=True),
        of("GlobalAveragePooling2D"), of("GlobalMaxPooling2D", keepdims=True), of("GlobalMaxPooling2D"),
        *(of(name, [X, X]) for name in ("Add", "Average", "Maximum", "Minimum", "Multiply", "Subtract", "Concatenate")),
        of("Average", [X, X, X]), of("Concatenate", [X, X], axis=1), of("CustomScaleLayer", [X, X], scale=0.25),
        of("CustomScaleLayer", [X, X]),
        of("Rescaling", scale=0.5, offset=-1.0), of("Rescaling", scale=[1, 2, 3, 4]), of("Rescaling", scale={"config": {"value": [1, 2, 3, 4]}},
            offset=[[1, 2, 3, 4]]), of("Rescaling"),
        *(of("Normalization", axis=axis, mean=mean, variance=variance) for axis, mean, variance in ((-1, [1, 2, 3, 4], [1, 1, 0, 4]), (None, 1.5, 2),
            ([], 1, 1), (1, [1] * SIDE, 2.0), ([3], 0, [4]), (2, 1, 1))),
        of("Normalization", axis=-1, mean=0.5, variance=2.0, invert=True), *(of("Resizing", height=height, width=width,
            interpolation=name) for name in resizes for height, width in ((3, 9),)),
        *(of("Resizing", height=3, width=9, **option) for option in ({"crop_to_aspect_ratio": True},
            {"pad_to_aspect_ratio": True, "fill_value": 2.0, "fill_mode": "constant"}, {"antialias": True}, {})),
        of("Resizing", height=9, width=3, pad_to_aspect_ratio=True), of("Resizing", height=SIDE, width=SIDE, pad_to_aspect_ratio=True,
            crop_to_aspect_ratio=False), of("Resizing", height=9, width=3, crop_to_aspect_ratio=True),
        *(of(name, height=height, width=width) for name in ("CenterCrop", "RandomCrop") for height, width in ((4, 3), (SIDE, SIDE), (9, 4), (4, 9), (8, 8))),
        *(of(name, factor=0.1) for name in ("RandomFlip", "RandomRotation", "RandomZoom", "RandomContrast", "RandomBrightness", "RandomTranslation", "AugMix",
                                "MixUp", "Solarization")),
    ])


def plain_refused(keras3):
    def of(class_name, inputs=X, **config):
        return layer(class_name, inputs, keras3=keras3, **config)

    rows = [of("Activation"), of("Activation", activation="none"), of("Activation", activation=3), of("Activation", activation={"class_name": "relu"}),
            of("Activation", activation={"class_name": "ReLU", "config": {"max_value": "x"}}),
            of("Activation", activation={"class_name": "ELU", "config": {"other": 3}}), of("ReLU", max_value=-1), of("ReLU", threshold="x"),
            of("Softmax", axis=None), of("Softmax", axis="x"), of("Softmax", axis=0), of("Softmax", axis=9),
            of("Flatten", data_format="channels_first"), of("Reshape"), of("Reshape", target_shape=[1.5]), of("Reshape", target_shape=[7]),
            of("Reshape", target_shape=[-1, 7]), of("Reshape", target_shape=[1 << 63]), of("Permute"),
            of("Permute", dims=["x"]), of("Permute", dims=[1, 1, 2]), of("Permute", dims=[(1 << 32) + 2, 1, 3]), of("Permute", dims=[-(1 << 63), 1, 3]),
            of("Permute", dims=[1]),
            of("RepeatVector", n=2), of("RepeatVector", V, n="x"), of("RepeatVector", V, n=0), of("RepeatVector", V), of("Cropping2D"),
            of("Cropping2D", cropping=[[6, 0], [0, 0]]), of("Cropping2D", cropping=-1), of("Cropping2D", cropping="x"),
            of("Cropping2D", cropping=[[1, 2, 3], 0]), of("Cropping2D", V, cropping=1), of("ZeroPadding2D"), of("ZeroPadding2D", padding="x"),
            of("ZeroPadding2D", padding=-1), of("ZeroPadding2D", V, padding=1), of("UpSampling2D", V),
            of("UpSampling2D", size=0), of("UpSampling2D", size=0, interpolation="bilinear"),
            of("UpSampling2D", size=[1 << 31, 1 << 31], interpolation="bilinear"), of("UpSampling2D", interpolation="none"), of("UpSampling2D", size=[1, 2, 3]),
            of("UpSampling2D", size=1 << 31), of("MaxPooling2D", pool_size=9), of("MaxPooling2D", padding="none"), of("MaxPooling2D", padding=3),
            of("MaxPooling2D", data_format="channels_first"), of("MaxPooling2D", V), of("AveragePooling2D", strides=0),
            of("GlobalAveragePooling2D", keepdims=3), of("GlobalMaxPooling2D", V), of("Add", [X, V]), of("Add", [X]), of("Add", X), of("Subtract", [X, X, X]),
            of("Concatenate", [X]), of("Concatenate", [X, X], axis=0), of("Concatenate", [X, X], axis=9),
            of("Concatenate", [X, X], axis="x"), of("Concatenate", [X, V]), of("Multiply", [X, T("x", 2)]), of("CustomScaleLayer", [X]),
            of("CustomScaleLayer", [X, X], scale="x"), of("Rescaling", scale="x"), of("Rescaling", scale=[[1, 2], 3]),
            of("Rescaling", scale=[1, 2, 3]), of("Normalization", axis=0, mean=1, variance=1), of("Normalization", axis=9, mean=1, variance=1),
            of("Normalization", axis=[1, 2], mean=1, variance=1), of("Normalization", axis=-1, mean=[1, 2], variance=1),
            of("Normalization", axis=-1, mean=1, variance=1, invert="x"), of("Normalization", axis=-1, mean="x"), of("Resizing", height=0, width=3),
            of("Resizing", height=3, width=1 << 25), of("Resizing", height=3), of("Resizing", V, height=3, width=3),
            of("Resizing", height=3, width=3, interpolation="none"), of("Resizing", height=3, width=3, fill_mode="reflect"),
            of("Resizing", height=3, width=9, crop_to_aspect_ratio=True, pad_to_aspect_ratio=True),
            of("Resizing", height=1, width=99, crop_to_aspect_ratio=True), of("Resizing", height=99, width=1, crop_to_aspect_ratio=True),
            of("Resizing", height=3, width=3, data_format="channels_first"), of("CenterCrop", V, height=1, width=1),
            of("CenterCrop", height=1, width=99), of("RandomCrop", height=1, width=99), of("RandomCrop", height=99, width=1),
            of("RandomCrop", V, height=1, width=1), of("Dropout", rate=0.5, call={"training": True}),
            of("Dropout", rate=0.0, call={"training": 1}), of("Dropout", rate=0.5, call={"training": "x"}), of("Dropout", rate=0.5, call={"training": X}),
            of("RandomFlip", call={"training": True}), of("GaussianNoise", stddev=0.5, call={"training": True}),
            of("StochasticDepth", drop_path_rate=0.5, call={"training": True}), of("SpatialDropout2D", rate=0.1, call={"training": None}),
            of("Identity", call={"mask": X}), of("Identity", call={"other": 1}), of("Identity", other=3),
            of("Identity", dtype="float16"), of("Identity", dtype={"class_name": "Policy", "config": {"name": "mixed_float16"}}),
            of("Identity", dtype={"class_name": "QuantizedDTypePolicy", "config": {"mode": "int8", "source_name": "float32"}}),
            of("Identity", dtype={"class_name": "Policy", "config": {}}), of("Identity", dtype=3), of("Identity", module="mine"), of("Identity", {"a": X}),
            of("Identity", [[X]]), of("Identity", "x"), of("Identity", []), of("Masking"),
            of("MultiHeadAttention"), of("Lambda", function="x"), of("Dense", units=3, activation="relu"),
            of("Conv2D", filters=3, kernel_size=3, data_format="channels_first"), of("Functional"), of("Sequential"), of("Model")]
    for row in rows:
        yield [row], [row["name"]]


def weighted(keras3):
    """The layers of tests/fuzz/layers.keras, by class."""

    def of(class_name, inputs=X, **config):
        return layer(class_name, inputs, keras3=keras3, **config)

    return {
        "Conv2D": of("Conv2D", filters=3, kernel_size=[2, 2], strides=[1, 1], padding="same", activation="relu"),
        "Dense": of("Dense", units=3, activation="softmax"),
        "DepthwiseConv2D": of("DepthwiseConv2D", kernel_size=[2, 2], depth_multiplier=2, dilation_rate=[1, 1]),
        "SeparableConv2D": of("SeparableConv2D", filters=3, kernel_size=2, depth_multiplier=2),
        "BatchNormalization": of("BatchNormalization", axis=[3], epsilon=0.001, momentum=0.9),
        "LayerNormalization": of("LayerNormalization", axis=[3], epsilon=0.001),
        "Normalization": of("Normalization", axis=[-1]), "LayerScale": of("LayerScale", projection_dim=CHANNELS, init_values=0.1),
        "PReLU": of("PReLU", shared_axes=[1, 2]),
    }


def weighted_variants():
    """What else the options of a layer with weights can be: changed options; None removes one."""
    return [
        ("Conv2D", {"filters": 4}), ("Conv2D", {"filters": None}), ("Conv2D", {"filters": "x"}), ("Conv2D", {"groups": 3}), ("Conv2D", {"groups": 0}),
        ("Conv2D", {"use_bias": False}), ("Conv2D", {"use_bias": "x"}), ("Conv2D", {"padding": "causal"}),
        ("Conv2D", {"padding": "valid", "dilation_rate": 2}), ("Conv2D", {"strides": 0}), ("Conv2D", {"kernel_size": [3, 3]}),
        ("Conv2D", {"activation": "none"}), ("Dense", {"units": 5}), ("Dense", {"use_bias": False}), ("Dense", {"other": 1}),
        ("DepthwiseConv2D", {"depth_multiplier": 3}), ("DepthwiseConv2D", {"depth_multiplier": 0}), ("DepthwiseConv2D", {"kernel_size": 0}),
        ("DepthwiseConv2D", {"depth_multiplier": None}), ("DepthwiseConv2D", {"filters": None, "groups": 4}),
        ("SeparableConv2D", {"filters": 5}), ("SeparableConv2D", {"use_bias": False}),
        ("BatchNormalization", {"axis": 1}), ("BatchNormalization", {"axis": -1, "scale": False}), ("BatchNormalization", {"center": False}),
        ("BatchNormalization", {"renorm": True}), ("BatchNormalization", {"epsilon": "x"}),
        ("BatchNormalization", {"synchronized": True}), ("BatchNormalization", {"axis": None, "trainable": False}), ("LayerNormalization", {"axis": 1}),
        ("LayerNormalization", {"axis": -1, "epsilon": 1e-6}), ("LayerNormalization", {"rms_scaling": True}),
        ("LayerNormalization", {"scale": False}), ("LayerNormalization", {"rms_scaling": False, "axis": 3}), ("Normalization", {"axis": None}),
        ("Normalization", {"axis": 1}), ("Normalization", {"invert": True}), ("LayerScale", {"projection_dim": 3}),
        ("LayerScale", {"projection_dim": "x"}), ("PReLU", {"shared_axes": None}), ("PReLU", {"shared_axes": 3}), ("PReLU", {"shared_axes": [0]}),
        ("PReLU", {"shared_axes": ["x"]}), ("PReLU", {"shared_axes": [1, 2, 3]}),
    ]


def with_options(row, options):
    config = {key: value for key, value in (row["config"] | options).items() if value is not None}
    return row | {"config": config}


def structures(version):
    """Models around models, and ends that are none."""
    keras3 = version.startswith("3")

    def nested(name, class_name="Functional", inputs=X, **more):
        inner = model([layer("ReLU", keras3=keras3)], version, outputs=["relu"], inputs={"x": "float32"})["config"] | {"name": name}
        if class_name == "Sequential":
            inner = {"name": name, "layers": inner["layers"]}
        row = layer(class_name, inputs, name=name, keras3=keras3)
        return row | {"config": inner, **more}

    relu = layer("ReLU", keras3=keras3)
    for count, (layers, outputs) in enumerate([
            ([nested("inner")], [T("inner", 0, 1)]), ([nested("inner"), nested("again", inputs=T("inner", 0, 0 if keras3 else 1))], [T("again", 0, 1)]),
            ([nested("inner", "Sequential")], [T("inner", 0, 0 if keras3 else 1)]),
            ([nested("inner", "Model")], [T("inner", 0, 1)]), ([nested("inner", inputs=V)], [T("inner", 0, 1)]),
            ([nested("inner", inputs=[X, X])], [T("inner", 0, 1)]), ([nested("inner", inputs={"x": X})], [T("inner", 0, 1)]),
            ([nested("inner", inputs={"y": X})], [T("inner", 0, 1)]), ([nested("inner"), relu], [T("inner", 0, 1), T("relu")]),
            ([nested("inner", inbound_nodes=[])], [T("x")]), ([nested("n" * 998, "Sequential"), relu], [T("relu")]),
            ([nested("inner")], [T("inner", 1, 1)]), ([nested("inner")], [T("inner", 0, 4)]), ([relu], [T("x")]),
            ([relu], [T("x"), T("x"), T("relu"), T("relu")]), ([relu], []), ([relu], [T("none")]), ([relu], [T("relu", 1)]),
            ([relu, relu], [T("relu")]), ([relu | {"name": ""}], [T("relu")]), ([relu | {"name": 3}], [T("relu")]),
            ([relu | {"name": "n" * 1001}], [T("relu")]), ([relu | {"name": "a\nb"}], [T("relu")]), ([relu | {"class_name": None}], [T("relu")]),
            ([relu | {"config": 3}], [T("relu")]), ([relu | {"inbound_nodes": 3}], [T("relu")]), ([3], [T("x")]), ([function("shape")], [T("shape")]),
            ([layer("Add", [X, T("b")], name="a", keras3=keras3), layer("Add", [X, T("a")], name="b", keras3=keras3)], [T("a")]),
            ([nested("inner", inbound_nodes=[json2([X], {})])], [T("inner", 0, 1)])]):
        yield f"structure_{count}", with_ends(model([], version, outputs=["x"]), layers, outputs)
    plain = model([relu], version, outputs=["relu"])
    for count, changes in enumerate([{"input_layers": None}, {"input_layers": 3}, {"input_layers": [["relu", 0, 0]]}, {"input_layers": {"a": ["x", 0, 0]}},
                            {"input_layers": ["x", 0, 0]}, {"output_layers": {"b": ["relu", 0, 0], "a": [["x", 0, 0]]}},
                                     {"output_layers": None}, {"output_layers": 3}, {"output_layers": []}, {"output_layers": ["relu", 0, 0]},
                                     {"output_layers": [["relu", -1, 0]]}, {"output_layers": [["relu", 0, -1]]}, {"layers": 3}, {"layers": None},
                                     {"name": 3}, {"name": None}, {"layers": []}]):
        config = {key: value for key, value in (plain["config"] | changes).items() if value is not None or key == "name"}
        yield f"ends_{count}", plain | {"config": config}
    for count, changes in enumerate([{"class_name": "Mine"}, {"class_name": None}, {"config": None}, {"config": 3}, {"config": []}, {"config": "x"}]):
        yield f"root_{count}", {key: value for key, value in (plain | changes).items() if value is not None}
    for count, shape in enumerate([[None], [0, 3], [-1, 3], [5, 3], ["x", 3], [None, None], [None, 0], [None, 1.5], [None, 1 << 30, 1 << 30], [None] + [1] * 31,
                            [], 3, None, [None, 1 << 32], [1]]):
        layers = [row | {"config": row["config"] | {"batch_shape" if keras3 else "batch_input_shape": shape}} for row in plain["config"]["layers"][:1]]
        yield f"input_{count}", plain | {"config": plain["config"] | {"layers": layers, "input_layers": [["x", 0, 0]], "output_layers": [["x", 0, 0]]}}
    for count, layers in enumerate([[relu], [layer("Flatten", keras3=keras3)], [], [plain["config"]["layers"][0], relu], [plain["config"]["layers"][0]],
                            [layer("ReLU", keras3=keras3, batch_input_shape=[None, 3]), relu],
                                    [layer("ReLU", keras3=keras3, batch_shape=[None, 3])], [nested("inner", "Sequential"), relu],
                                    [nested("", "Sequential"), nested("", "Sequential")], [nested("inner"), relu]]):
        for config in (layers, {"name": "sequential", "layers": layers, "build_input_shape": [None, 3]}, {"layers": layers}):
            yield f"sequential_{count}_{type(config).__name__}_{len(config)}", {"keras_version": version, "class_name": "Sequential", "config": config}


def with_ends(base, layers, outputs):
    config = base["config"]
    return base | {"config": config | {"layers": config["layers"] + layers, "output_layers": [end.history for end in outputs]}}


TYPES = ("uint8", "int8", "uint16", "int16", "int32", "int64", "uint32", "uint64", "float16", "float64", "bfloat16", "bool", "string", "complex64")


def typed(version):
    """Inputs that are no float32: what takes them, what makes floats of them, what refuses them."""
    keras3 = version.startswith("3")

    def of(class_name, inputs=X, **config):
        return layer(class_name, inputs, keras3=keras3, **config)

    rows = [of("Rescaling", scale=0.5), of("Resizing", height=3, width=9), of("Resizing", height=3, width=9, interpolation="nearest"),
            of("CenterCrop", height=4, width=3), of("RandomCrop", height=4, width=3), of("Flatten"), of("ReLU"),
            of("Normalization", axis=-1, mean=1, variance=1), of("MaxPooling2D"), of("ZeroPadding2D", padding=1), of("GlobalAveragePooling2D"),
            of("LayerNormalization", scale=False, center=False), of("Identity"),
            op3("Add", X, 1.5) if keras3 else function("math.add", y=1.5), op3("Divide", X, 2) if keras3 else function("math.truediv", y=2),
            op3("Cast", X, config={"dtype": "float32"}) if keras3 else function("cast", dtype="float32"),
            op3("Cast", X, config={"dtype": "int64"}) if keras3 else function("cast", dtype="int64"),
            op3("Transpose", X, config={"axes": [0, 2, 1, 3]}) if keras3 else function("transpose", perm=[0, 2, 1, 3]), of("Add", [X, V])]
    for kind in TYPES:
        for count, row in enumerate(rows if kind in TYPES[:6] else rows[:3]):
            yield f"{kind}_{count}", model([row], version, inputs={"x": kind, "v": "float32"})
    inner = model([of("Identity")], version, outputs=["identity"], inputs={"x": "int32"})["config"] | {"name": "inner"}
    for kind in ("uint8", "int32", "int64", "float32"):
        row = layer("Functional", X, name="inner", keras3=keras3) | {"config": inner}
        yield f"nested_{kind}", with_ends(model([], version, outputs=["x"], inputs={"x": kind}), [row], [T("inner", 0, 1)])


def configurations():
    """(name, configuration) of every seed."""
    layers = tf_functions()
    yield "functions", model(layers, "2.14.0", outputs=[row["name"] for row in layers if row["name"] not in SHAPES])
    yield "function_lists", model(tf_functions_of_lists(), "2.14.0", outputs=["by_joined", "by_packed"])
    layers = op_layers()
    yield "op_layers", model(layers, "2.3.0", outputs=[row["name"] for row in layers if row["name"] not in SHAPES])
    yield "ops", model(ops3(), "3.15.1")
    for kind, version, rows in (("function", "2.14.0", tf_refused()), ("parts", "2.14.0", too_many_parts()), ("op_layer", "2.3.0", op_layers_refused()),
                            ("op", "3.15.1", ops3_refused()),
                            ("layer", "2.14.0", plain_refused(False)), ("layer", "3.15.1", plain_refused(True))):
        for count, (layers, outputs) in enumerate(rows):
            yield f"{kind}_{version}_refused_{count}", model(layers, version, outputs=outputs)
    for version in ("2.14.0", "2.6.0", "2.7.1", "3.5.0", "3.6.0", "3.8.0", "3.15.1", "", "x"):
        yield f"layers_{version}", model(plain_layers(version.startswith("3")), version)
    for version in ("2.14.0", "3.15.1"):
        rows = weighted(version.startswith("3"))
        yield f"weighted_{version}", model(list(rows.values()), version)
        for count, (class_name, options) in enumerate(weighted_variants()):
            yield f"weighted_{version}_{class_name}_{count}", model([with_options(rows[class_name], options)], version)
        for class_name, row in rows.items():  # twice, on a vector, frozen, in training
            second = row | {"name": "second"}
            yield f"weighted_{version}_{class_name}_twice", model([row, second], version)
            yield f"weighted_{version}_{class_name}_vector", model([row | {"inbound_nodes": layer("ReLU", V, keras3=version.startswith("3"))["inbound_nodes"]}],
                version)
            yield f"weighted_{version}_{class_name}_training", model([row | {"inbound_nodes": layer("ReLU", X, keras3=version.startswith("3"),
                call={"training": True})["inbound_nodes"]}], version)
        for name, config in (*structures(version), *typed(version)):
            yield f"{name}_{version}", config


# Results that are shapes, which no output of a model can be.
SHAPES = {"s", "compat.v1.shape", "images", "height", "sides", "backwards", "area", "more", "same", "half", "negative", "larger", "nine", "none", "cast_shape",
          "packed", "parts", "s_again", "int32", "int64", "shape", "joined"}
