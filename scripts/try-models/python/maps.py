"""Grad-CAM and saliency by autograd, at the tensor that the command chose."""

import copy

import numpy as np
import onnx
import onnxruntime
import torch
from trace import laid_out, recorded, same_values


def tensor_of(path: str, name: str, image: np.ndarray) -> np.ndarray:
    """The value of a tensor inside the ONNX file, by ONNX Runtime without graph optimisation."""
    model = onnx.load(path)
    if name not in [output.name for output in model.graph.output]:
        model.graph.output.append(onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None))
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 4
    options.intra_op_num_threads = 2
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    feeds = {session.get_inputs()[0].name: image}
    return session.run([name], feeds)[0]


def places(tensor: torch.Tensor, layout: dict) -> torch.Tensor:
    """A tensor of the layer as [C, H, W]."""
    kind = layout["kind"]
    if kind == "nchw":
        return tensor[0]
    if kind == "nhwc":
        return tensor[0].permute(2, 0, 1)
    skip = layout.get("skip", 0)
    height, width = layout["height"], layout["width"]
    tokens = tensor[0][skip : skip + height * width]
    return tokens.T.reshape(-1, height, width)


def grad_cam(activations, gradients, layout) -> np.ndarray:
    a, g = places(activations, layout), places(gradients, layout)
    return (g.mean((1, 2), keepdim=True) * a).sum(0).numpy()


def difference(got, right) -> float | None:
    """The largest difference, as a part of the largest right value."""
    got, right = np.asarray(got, np.float64), np.asarray(right, np.float64)
    if got.shape != right.shape:
        return None
    scale = np.abs(right).max()
    return float(np.abs(got - right).max() / scale) if scale > 0 else float(np.abs(got).max())


def truth_of(net, image, score_of):
    """Everything that autograd is asked about one score: a recorded pass, the score, the gradient to the picture."""
    leaf, outputs, tensors = recorded(net, image)
    score = score_of(outputs)
    gradient = torch.autograd.grad(score, leaf, retain_graph=True)[0]
    return {"outputs": outputs, "tensors": tensors, "score": score, "image_gradient": gradient}


def again(net, image, score_of) -> list[dict]:
    """The same with other roundings: in float64, and for pictures that differ in the sixth digit. What float32 alone makes of a network."""
    found = []
    try:
        found.append(truth_of(copy.deepcopy(net).double(), image.double(), score_of))
    except Exception:
        pass  # some networks know float32 alone
    for seed in range(1, 7):
        noise = torch.randn(image.shape, generator=torch.Generator().manual_seed(seed))
        found.append(truth_of(net, image * (1 + 2e-6 * noise), score_of))
    return found


def cam_noise(truth, others, best) -> float:
    """How far the framework's own maps are from each other."""

    def map_of(made):
        tensor = made["tensors"][best["place"]]
        gradient = torch.autograd.grad(made["score"], tensor, retain_graph=True, allow_unused=True)[0]
        lay = lambda value: laid_out(value, best["number"], best["shape"])  # noqa: E731
        return grad_cam(lay(tensor.detach()), lay(gradient), best["layout"])

    return max(difference(map_of(other), map_of(truth)) for other in others)


def saliency_noise(truth, others) -> float:
    return max(difference(other["image_gradient"].numpy(), truth["image_gradient"].numpy()) for other in others)


def compare_cam(truth, path, image, layer, got) -> dict:
    """How far the command's raw map is from autograd's at the same tensor; `found` is false where the framework has no such tensor."""
    layout = {key: value for key, value in layer["layout"].items()}
    layout["height"], layout["width"] = got["height"], got["width"]
    value = tensor_of(path, layer["name"], image)
    mine = np.asarray(got["data"], np.float64).reshape(got["height"], got["width"])
    best = None
    for place, number in same_values(truth["tensors"], value):
        tensor = truth["tensors"][place]
        gradient = torch.autograd.grad(truth["score"], tensor, retain_graph=True, allow_unused=True)[0]
        if gradient is None:
            continue
        gradient = laid_out(gradient, number, value.shape)
        right = grad_cam(torch.from_numpy(value), gradient, layout)
        error = difference(mine, right)
        if error is not None and (best is None or error < best["error"]):
            best = {"found": True, "error": error, "place": place, "number": number, "shape": list(value.shape), "layout": layout}
        if best and best["error"] < 1e-4:
            break
    return best or {"found": False}


def compare_saliency(truth, got) -> dict:
    right = truth["image_gradient"][0].abs().amax(0).numpy()
    mine = np.asarray(got["data"], np.float64).reshape(got["height"], got["width"])
    if right.shape != mine.shape and truth["image_gradient"].shape[-1] == 3:
        right = truth["image_gradient"][0].abs().amax(-1).numpy()
    return {"error": difference(mine, right)}
