"""What the slimmed networks share: random weights that tell places apart, one picture, export, and right values in float64."""

import contextlib
import copy
import io
import json
import os

import numpy as np
import onnx
import torch
from onnx import helper
from torch import nn

OUT = os.environ["SLIM_OUT"]
# kB; what a file may weigh in the repository
LIMIT = 100_000


def pixels(height, width, channels=3):
    """Coloured tiles of 8×8 and noise, in integers, so that the tests' code makes the same picture: packages/gradcam/test/support/tiles.ts."""

    def mixed(*values):
        h = 2166136261
        for value in values:
            h = ((h ^ value) * 16777619) & 0xFFFFFFFF
        h ^= h >> 15
        h = (h * 2246822519) & 0xFFFFFFFF
        return ((h ^ (h >> 13)) >> 8) & 255

    return np.array(
        [
            [[3 * mixed(c, y // 8, x // 8) + mixed(c + 7, y, x) for x in range(width)] for y in range(height)]
            for c in range(channels)
        ],
        dtype=np.float64,
    )


def picture(height, width):
    """[1, 3, H, W] in −1…1."""
    return torch.from_numpy((pixels(height, width) - 510) / 510)[None].float()


def seeded(net, seed=1, spread=1.0):
    """Random weights in the place of those that make all places alike: statistics of norms, layer scales, zeros."""
    made = torch.Generator().manual_seed(seed)

    def uniform(like, low, high):
        return torch.rand(like.shape, generator=made) * (high - low) + low

    with torch.no_grad():
        for name, value in [*net.named_parameters(), *net.named_buffers()]:
            if not value.is_floating_point():
                continue
            if name.endswith("running_mean"):
                value.copy_(uniform(value, -0.3, 0.3))
            elif name.endswith("running_var"):
                value.copy_(uniform(value, 0.3, 1.2))
            elif isinstance(value, nn.Parameter) and value.numel() > 1 and value.std() == 0:
                first = value.flatten()[0].abs()
                one = first == 1 or 0 < first < 0.2
                value.copy_(uniform(value, 0.6, 1.4) if one else uniform(value, -0.3, 0.3))
            elif isinstance(value, nn.Parameter) and value.dim() > 1:
                fan = value[0].numel()
                if name.endswith(("weight", "kernel")) and value.std() < 0.7 / fan**0.5:
                    value.copy_(torch.randn(value.shape, generator=made) * spread / fan**0.5)
    return net.eval()


def calibrated(net, image, seed=2):
    """Statistics of norms near those of the picture, so that its places differ behind many layers, too."""
    made = torch.Generator().manual_seed(seed)

    def near(module, arguments):
        x = arguments[0].detach()
        dims = [d for d in range(x.dim()) if d != 1]
        var = x.var(dims, unbiased=False).clamp_min(1e-3)
        module.running_mean.copy_(x.mean(dims) + 0.3 * var.sqrt() * torch.randn(var.shape, generator=made))
        module.running_var.copy_(var * (0.7 + 0.6 * torch.rand(var.shape, generator=made)))

    norms = [m for m in net.modules() if isinstance(getattr(m, "running_var", None), torch.Tensor)]
    handles = [norm.register_forward_pre_hook(near) for norm in norms]
    with torch.no_grad():
        net(image)
    for handle in handles:
        handle.remove()
    return net


def stretched(net, head, image, deviation=1.5):
    """The last layer is stretched until the logits of the picture have a deviation of 1.5."""
    with torch.no_grad():
        logits = first(net(image))
        factor = deviation / logits.flatten().std()
        head.weight.mul_(factor)
        if head.bias is not None:
            head.bias.copy_((head.bias - logits.mean()) * factor)
    return net


class Outputs(nn.Module):
    """A network of transformers, which returns a record, as a network that returns tensors."""

    def __init__(self, net, *names):
        super().__init__()
        self.net, self.fields = net, names

    def forward(self, pixel_values):
        answer = self.net(pixel_values)
        found = tuple(getattr(answer, name) for name in self.fields)
        return found[0] if len(found) == 1 else found


def first(answer):
    """The tensor of scores of what a network returns."""
    for name in ("logits", "predicted_depth", "image_embeds", "out"):
        if isinstance(answer, dict) or hasattr(answer, name):
            value = answer.get(name) if isinstance(answer, dict) else getattr(answer, name)
            if value is not None:
                return value
    return answer[0] if isinstance(answer, (tuple, list)) else answer


@contextlib.contextmanager
def in_double():
    """
    No module falls back to float32, and nothing is detached, as in the exported graph. Norms are written out: in torch 2.15 the CPU
    backward of eval-mode BatchNorm is wrong for channels-last tensors.
    """
    detach = torch.Tensor.detach
    real = nn.functional.batch_norm
    single = torch.Tensor.float

    def written(x, mean, var, weight=None, bias=None, training=False, momentum=0.1, eps=1e-5):
        if training:  # standardised weights of BiT
            return real(x, mean, var, weight, bias, training, momentum, eps)
        dims = [1, -1] + [1] * (x.dim() - 2)
        y = (x - mean.view(dims)) / torch.sqrt(var.view(dims) + eps)
        y = y if weight is None else y * weight.view(dims)
        return y if bias is None else y + bias.view(dims)

    nn.functional.batch_norm = written
    torch.Tensor.float = torch.Tensor.double
    torch.Tensor.detach = lambda tensor: tensor
    try:
        yield
    finally:
        nn.functional.batch_norm = real
        torch.Tensor.float = single
        torch.Tensor.detach = detach


def autograd(net, module, image, score):
    """In float64: the answer, what the module gives, and the gradients of the score with respect to that and to the picture."""
    twin = copy.deepcopy(net).double().eval()
    seen = []
    found = dict(twin.named_modules())[module]
    handle = found.register_forward_hook(lambda _, __, out: seen.append(out[0] if isinstance(out, tuple) else out))
    x = image.double().requires_grad_()
    with in_double():
        answer = twin(x)
        value = score(answer)
        feature = seen[-1]
        to_feature, to_picture = torch.autograd.grad(value, [feature, x])
        # a check of the gradient itself: along one direction, by differences
        direction = torch.from_numpy(pixels(*image.shape[2:], 3)[None] / 1020 - 0.4)
        step = 1e-6
        with torch.no_grad():
            rise = (score(twin(x + step * direction)) - score(twin(x - step * direction))) / (2 * step)
    handle.remove()
    slope = (to_picture * direction).sum()
    if abs(rise - slope) > 1e-4 * (abs(slope) + 1e-3 * to_picture.norm() * direction.norm()):
        raise ValueError(f"the gradient is not that of differences: {slope} {rise}")
    return answer, feature.detach(), to_feature.detach(), to_picture.detach(), value.item()


def grad_cam(feature, gradient, form, grid, skip=0):
    """Σ over channels of the mean gradient times the activation, at the grid's places."""
    if form == "nlc":
        places = grid[0] * grid[1]
        feature, gradient = (t[:, skip : skip + places].transpose(1, 2).reshape(t.shape[0], -1, *grid) for t in (feature, gradient))
    elif form == "nhwc":
        feature, gradient = (t.permute(0, 3, 1, 2) for t in (feature, gradient))
    assert list(feature.shape[2:]) == list(grid), (feature.shape, grid)
    return (gradient.mean((2, 3), keepdim=True) * feature).sum(1)[0]


def runs(path, feeds):
    """Every float tensor of the file, by onnxruntime without optimisation."""
    import onnxruntime as ort

    model = onnx.load(path)
    outputs = [o.name for o in model.graph.output]
    inner = [n for node in model.graph.node for n in node.output if n and n not in outputs]
    model.graph.output.extend(helper.make_empty_tensor_value_info(n) for n in inner)
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 4
    session = ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    names = [o.name for o in session.get_outputs()]
    return dict(zip(names, session.run(None, feeds))), outputs


def named(tensors, feature, tolerance=1e-3):
    """The file's tensor that holds what the module gives, as it is or with its axes in another order."""
    orders = [None, (0, 2, 3, 1), (0, 3, 1, 2)] if feature.ndim == 4 else [None]
    scale = np.abs(feature).max()
    for order in orders:
        right = feature if order is None else feature.transpose(order)
        for name, value in tensors.items():
            same = isinstance(value, np.ndarray) and value.dtype.kind == "f" and value.shape == right.shape
            if same and np.abs(value - right).max() <= tolerance * scale:
                return name, list(value.shape)
    raise ValueError(f"no tensor of the file is that of the module, {feature.shape}")


def slimmed(path):
    """Stack traces of the exporter left out: they say where the script lies, and weigh more than the graph."""
    model = onnx.load(path)
    del model.graph.metadata_props[:]
    for graph in [model.graph, *model.functions]:
        for node in graph.node:
            del node.metadata_props[:]
            node.doc_string = ""
    for value in [*model.graph.value_info, *model.graph.input, *model.graph.output]:
        del value.metadata_props[:]
    for weight in model.graph.initializer:
        del weight.metadata_props[:]
    # the shapes of inner tensors, which many exporters leave out
    if model.ByteSize() > LIMIT:
        del model.graph.value_info[:]
    onnx.save(model, path)
    for beside in os.listdir(os.path.dirname(path)):
        if beside.endswith(".data"):
            os.remove(os.path.join(os.path.dirname(path), beside))


def exported(net, folder, image, exporter, names, outputs, free=True):
    """Written by PyTorch's exporter of that name; the batch stays free."""
    os.makedirs(folder, exist_ok=True)
    path = f"{folder}/model.onnx"
    with contextlib.redirect_stdout(io.StringIO()), torch.no_grad():
        if exporter == "torchscript":
            axes = {name: {0: "batch"} for name in [*names, *outputs]} if free else None
            torch.onnx.export(
                net, (image,), path, dynamo=False, opset_version=17, input_names=names, output_names=outputs, dynamic_axes=axes
            )
        else:
            shapes = ({0: "batch"},) if free else None
            sample = torch.cat([image, image]) if free else image
            torch.onnx.export(
                net, (sample,), path, dynamo=True, input_names=names, output_names=outputs, dynamic_shapes=shapes, external_data=False
            )
    slimmed(path)
    return path


def rounded(values, digits=7):
    return [float(f"{v:.{digits}g}") for v in np.asarray(values, dtype=np.float64).ravel().tolist()]


def samples(gradient, count=48):
    """Of a large tensor its norm, its largest value, and numbers at places all over it."""
    flat = np.asarray(gradient, dtype=np.float64).ravel()
    at = sorted({(k * 2654435761) % flat.size for k in range(1, count + 1)})
    return {"norm": float(np.linalg.norm(flat)), "largest": float(np.abs(flat).max()), "at": at, "values": rounded(flat[at])}


def write(name, **truth):
    """truth.json beside the model, and what both weigh."""
    folder = f"{OUT}/{name}"
    size = os.path.getsize(f"{folder}/model.onnx")
    with open(f"{folder}/truth.json", "w") as file:
        json.dump(truth, file, separators=(", ", ": "))
        file.write("\n")
    weight = sum(os.path.getsize(os.path.join(folder, f)) for f in os.listdir(folder))
    print(f"{name:22} {size / 1000:6.1f} kB, {weight / 1000:6.1f} with truth", "" if size <= LIMIT else "TOO LARGE", flush=True)
    if size > LIMIT:
        raise ValueError("too large")


def torch_case(
    name,
    net,
    *,
    of,
    size,
    layer,
    form="nchw",
    grid,
    grids=None,
    skip=0,
    exporter="torchscript",
    head=None,
    task="classification",
    answer="class",
    score=None,
    target=None,
    element=None,
    saved=(),
    names=("image",),
    outputs=("logits",),
    truth=None,
    axis=1,
    free=True,
    changed=None,
    tolerance=1e-3,
    digits=None,
):
    """
    One network, from weights to truth.json.

    layer   the module whose output is explained, and its form: nchw, nhwc, or nlc with `skip` tokens in front of the grid
    grids   what a layer that is chosen may have, where a network has maps of several sizes behind each other
    score   of the network's answer; the best class where it is left out
    saved   what the framework writes beside the model: configurations and processors
    changed what becomes of the file after the export; its name stands in `exporter` of the truth
    """
    image = picture(*size)
    calibrated(net.eval(), image)
    if head is not None:
        stretched(net, head, image)
    folder = f"{OUT}/{name}"
    with torch.no_grad():
        plain = first(net(image))
    best = int(plain.flatten(1).argmax(1)) if plain.dim() == 2 else None
    scored = score or (lambda out: first(out)[0, best])
    answered, feature, to_feature, to_picture, value = autograd(net, layer, image, scored)
    cam = grad_cam(feature, to_feature, form, grid, skip)
    if float(cam.abs().max()) == 0 or float(to_picture.norm()) == 0:
        raise ValueError("the gradient is zero")
    how = exporter if changed is None else f"{exporter}, {changed.__name__}"
    path = exported(net, folder, image, exporter, list(names), list(outputs), free)
    for each in saved:
        each.save_pretrained(folder)
    if changed:
        changed(path, image, names[0])
    tensors, given = runs(path, {names[0]: image.numpy() if changed is None or changed.__name__ != "halved" else image.half().numpy()})
    tensor, shape = named(tensors, feature.float().numpy(), tolerance)
    logits = first(answered).detach().numpy()
    got = tensors[given[0]]
    off = np.abs(got - logits).max() / (np.ptp(logits) or 1)
    if off > (1e-4 if changed is None else 0.2):
        raise ValueError(f"the file gives other scores: {off}")
    write(
        name,
        of=of,
        exporter=how,
        input={"name": names[0], "layout": "nchw", "size": list(size)},
        task=task,
        answer=answer,
        classes={"axis": axis, "count": int(logits.shape[axis])} if axis is not None else None,
        output=given[0],
        logits=rounded(logits) if logits.size < 100 else samples(logits),
        score={"target": target or best, "element": element or (None if best is None else [0, best]), "value": value},
        layer={"tensor": tensor, "shape": shape, "grid": list(grid), "grids": grids or [list(grid)], "cam": rounded(cam, 6) if cam.numel() <= 120 else samples(cam)},
        gradient=samples(to_picture),
        **(truth or {}),
    )
