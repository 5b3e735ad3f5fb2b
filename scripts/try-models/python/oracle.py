"""The gradients of a file that torch cannot ask its framework for: onnx2torch reads the file, and is held to ONNX Runtime's answer first."""

import numpy as np
import onnx
import onnxruntime
import torch
from onnx2torch import convert

CLOSE = 1e-3


def differentiable(path: str, image: torch.Tensor):
    """The file as a network of torch.

    Raises ValueError where its answers differ from ONNX Runtime's.
    """
    model = onnx.load(path)
    hold_constants(model.graph)
    probabilities = before_probabilities(model.graph)
    pad_by_numbers(model.graph, image)
    net = convert(model).eval()

    def answers(pixels):
        made = net(pixels)
        return made if isinstance(made, (tuple, list)) else (made,)

    def finished(made):
        return [probabilities.get(i, lambda x: x)(each) for i, each in enumerate(made)]

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    right = session.run(None, {session.get_inputs()[0].name: image.numpy()})
    with torch.no_grad():
        for mine, wanted in zip(finished(answers(image)), right, strict=True):
            error = np.abs(mine.numpy() - wanted).max() / max(np.abs(wanted).max(), 1e-6)
            if error > CLOSE:
                raise ValueError(f"onnx2torch's answers differ from ONNX Runtime's by {error:.1e}")
    return answers


def before_probabilities(graph) -> dict:
    """Outputs become the scores before their softmax or sigmoid, which is what is explained. Returns what was taken away, by output."""
    producers = {name: node for node in graph.node for name in node.output}
    taken = {}
    for i, output in enumerate(graph.output):
        node = producers[output.name]
        while node.op_type == "Identity":
            node = producers[node.input[0]]
        if node.op_type in ("Softmax", "Sigmoid"):
            axis = next((a.i for a in node.attribute if a.name == "axis"), -1)
            taken[i] = torch.sigmoid if node.op_type == "Sigmoid" else lambda x, axis=axis: x.softmax(axis)
            output.name = node.input[0]
    needed, kept = {output.name for output in graph.output}, []
    for node in reversed(graph.node):
        if needed & set(node.output):
            needed |= set(node.input)
            kept.append(node)
    del graph.node[:]
    graph.node.extend(reversed(kept))
    return taken


def hold_constants(graph) -> None:
    """Constant nodes become initializers, which onnx2torch asks for."""
    for node in [each for each in graph.node if each.op_type == "Constant" and each.attribute[0].name == "value"]:
        tensor = node.attribute[0].t
        tensor.name = node.output[0]
        graph.initializer.append(tensor)
        graph.node.remove(node)


def pad_by_numbers(graph, image) -> None:
    """SAME_UPPER becomes numbers: what is missing before the last window, the larger half of it at the end."""
    automatic = [node for node in graph.node if any(a.name == "auto_pad" and a.s != b"NOTSET" for a in node.attribute)]
    if not automatic:
        return
    sizes = sizes_of(graph, {node.input[0] for node in automatic}, image)
    for node in automatic:
        given = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
        kernel, strides = given["kernel_shape"], given.get("strides", [1, 1])
        missing = [max((-(-size // s) - 1) * s + k - size, 0) for size, s, k in zip(sizes[node.input[0]], strides, kernel, strict=True)]
        pads = [m // 2 for m in missing] + [m - m // 2 for m in missing]
        kept = [a for a in node.attribute if a.name not in ("auto_pad", "pads")]
        del node.attribute[:]
        node.attribute.extend(kept)
        if given["auto_pad"] == b"SAME_UPPER":
            padded(graph, node, pads)


def sizes_of(graph, names, image) -> dict:
    """Heights and widths of tensors, by a run."""
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)])
    probe = onnx.ModelProto.FromString(model.SerializeToString())
    outputs = [onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None) for name in names if name != graph.input[0].name]
    del probe.graph.output[:]
    probe.graph.output.extend(outputs)
    session = onnxruntime.InferenceSession(probe.SerializeToString(), providers=["CPUExecutionProvider"])
    made = session.run(None, {graph.input[0].name: image.numpy()})
    return {graph.input[0].name: image.shape[2:], **{value.name: found.shape[2:] for value, found in zip(outputs, made, strict=True)}}


def padded(graph, node, pads) -> None:
    """A Pad in front, as torch's own windows are padded alike on both sides."""
    name = f"{node.output[0]}/padded"
    fill = -np.inf if node.op_type == "MaxPool" else 0.0
    widths = [0, 0, *pads[:2], 0, 0, *pads[2:]]
    graph.initializer.append(onnx.numpy_helper.from_array(np.int64(widths), f"{name}/widths"))
    graph.initializer.append(onnx.numpy_helper.from_array(np.float32(fill), f"{name}/fill"))
    pad = onnx.helper.make_node("Pad", [node.input[0], f"{name}/widths", f"{name}/fill"], [name], name)
    node.input[0] = name
    graph.node.insert(list(graph.node).index(node), pad)
