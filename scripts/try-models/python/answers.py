"""What the command answers about one file, held to the framework's own answers. A check has `ok`, `got` and `right`."""

from functools import cache

import numpy as np
import torch
from command import LIMIT, gradcam, plain
from maps import again, cam_noise, compare_cam, compare_saliency, saliency_noise, truth_of
from oracle import differentiable
from patch import places_check
from subject import otherwise_rounded

CLOSE = 1e-3
# unrelated gradients differ by 1 and more: beyond this a comparison tells too little
MOST = 0.3


def checks_of(subject, model, file, image) -> dict:
    inspected = gradcam("inspect", "-m", model, "--json")
    layers = gradcam("layers", "-m", model, "--json")
    predicted = gradcam("predict", subject.picture, "-m", model, "--json")
    explained = gradcam("explain", subject.picture, "-m", model, "--json")
    result = {"checks": {}, "said": said(inspected, layers, predicted, explained), "asked": {}}
    for name, answer in {"inspect": inspected, "layers": layers, "predict": predicted, "explain": explained}.items():
        result["asked"][name] = {"code": answer["code"], "err": answer["err"][:1500] if answer["code"] != 0 else "", "seconds": answer["seconds"]}
    if inspected["lines"]:
        result["checks"]["task"] = task_check(subject, inspected["lines"][0])
        result["checks"]["labels"] = labels_check(subject, inspected["lines"][0])
    if layers["lines"] and layers["code"] == 0:
        feature = layers["lines"][0]["feature"]
        result["layer"] = {key: feature.get(key) for key in ("name", "operator", "shape", "certain")}
    error = explained["lines"][0].get("error") if explained["lines"] else None
    if error:
        result["refusal"] = error
    elif explained["code"] != 0:
        result["refusal"] = {"code": "", "message": explained["err"][-800:]}
    with torch.no_grad():
        outputs = subject.net(subject.image)
    KINDS[subject.task](subject, outputs, predicted, explained, result)
    if "refusal" not in result:
        numbers(subject, model, file, image, layers, result)
        checked = places_check(model, result["layer"], image) if "layer" in result else None
        if checked:
            result["checks"]["places"] = checked
        result["cost"] = {"plain": plain(file, image), "run": explained["lines"][0].get("timings", {}).get("run"), "memory": explained["memory"]}
    return result


def said(*answers) -> list[str]:
    """Codes of everything that the command warned of."""
    codes = set()
    for answer in answers:
        for line in answer["lines"]:
            codes |= {warning["code"] for warning in line.get("warnings", [])}
    return sorted(codes)


def task_check(subject, contract) -> dict:
    right = subject.task
    got = contract["task"].get("value")
    return {"ok": got == right, "got": got, "right": right}


def labels_check(subject, contract) -> dict:
    got = contract["labels"]["value"]
    right = subject.labels or []
    return {"ok": got == right, "got": got[:3], "right": right[:3]}


def classification(subject, outputs, predicted, explained, result) -> None:
    scores = subject.scores(outputs)[0]
    right = int(scores.argmax())
    result["class"] = right
    if predicted["lines"] and predicted["lines"][0].get("top"):
        best = predicted["lines"][0]["top"][0]
        result["checks"]["predict"] = {"ok": best.get("index") == right, "got": best, "right": right}
    if "refusal" in result:
        return
    answer = explained["lines"][0]
    result["checks"]["class"] = {"ok": answer.get("index") == right, "got": answer.get("index"), "right": right}
    implied = answer["scoreKind"] == "implied-probability"
    chance = subject.chance or (lambda each: each.softmax(0) if implied else each)
    value = float(chance(scores)[right])
    limit = 0.01 * max(1, abs(value))
    if abs(answer["score"] - value) > limit:
        others = [float(chance(subject.scores(each)[0])[right]) for each in otherwise_rounded(subject)]
        limit = max(limit, 3 * max(abs(each - value) for each in others))
    close = abs(answer["score"] - value) <= limit
    result["checks"]["score"] = {"ok": close, "got": answer["score"], "right": value, "kind": answer["scoreKind"]}


def segmentation(subject, outputs, predicted, explained, result) -> None:
    scores = subject.scores(outputs)[0]
    if scores.shape[0] == 1:
        # of one class: where it is likelier than not
        counts = (scores > 0.5).double().mean((1, 2))
    else:
        best = scores.argmax(0)
        counts = torch.bincount(best.flatten(), minlength=scores.shape[0]).double() / best.numel()
    right = int(counts.argmax())
    result["class"] = right
    if predicted["lines"] and predicted["lines"][0].get("top"):
        top = predicted["lines"][0]["top"][0]
        close = top.get("index") == right and abs(top["score"] - float(counts[right])) < 0.01
        if top.get("index") == right and not close:
            least, most = shares_by_rounding(subject, scores, right)
            close = least - 0.01 < top["score"] < most + 0.01
        result["checks"]["predict"] = {"ok": close, "got": top, "right": [right, float(counts[right])]}
    if "refusal" not in result:
        got = explained["lines"][0].get("index")
        label = explained["lines"][0].get("label")
        result["checks"]["class"] = {"ok": got == right or str(label).startswith((subject.labels or {right: f"class {right}"})[right]), "got": [got, label], "right": right}


def shares_by_rounding(subject, scores, index) -> tuple[float, float]:
    """The least and the largest share of a class, where places may be either's whose two best scores another rounding of the photo could turn."""
    others = torch.cat([scores[:index], scores[index + 1 :]]).amax(0) if len(scores) > 1 else torch.tensor(0.5)
    lead = scores[index] - others
    moved = torch.stack([(subject.scores(each)[0] - scores).abs().amax(0) for each in otherwise_rounded(subject)]).amax(0)
    return float((lead > 2 * moved).double().mean()), float((lead > -2 * moved).double().mean())


def asked(subject, outputs, predicted, explained, result) -> None:
    """Nothing is answered by itself: the way out is the right answer."""
    result["checks"]["asks"] = {"ok": "refusal" in result and ("hint" in result["refusal"] or "hint:" in result["refusal"]["message"]), "got": result.get("refusal", {}).get("code"), "right": "a target"}


def detection(subject, outputs, predicted, explained, result) -> None:
    best = explained["lines"][0].get("top") if explained["lines"] else None
    found = best[0].get("box") if best else None
    away = lambda each: max(abs(a - b) for a, b in zip(found, each["box"], strict=True)) if found else 0
    # of boxes that score alike but for roundings either is the best
    right = min(subject.boxes(outputs), key=away)
    result["box"] = right
    tops = {"predict": predicted, "box": explained}
    for name, answer in tops.items():
        if not answer["lines"] or not answer["lines"][0].get("top") or (name == "box" and "refusal" in result):
            continue
        best = answer["lines"][0]["top"][0]
        if "box" not in best:
            result["checks"][name] = {"ok": False, "got": best, "right": right}
            continue
        error = max(abs(a - b) for a, b in zip(best["box"], right["box"], strict=True))
        result["box_error"] = error
        named = (subject.labels or {right["index"]: f"class {right['index']}"})[right["index"]]
        close = str(best.get("label")).partition(": ")[2] == named and abs(best["score"] - right["score"]) < 0.01 and error < 1.0
        result["checks"][name] = {"ok": close, "got": best, "right": right}


KINDS = {
    "classification": classification,
    "multi-label": classification,
    "segmentation": segmentation,
    "depth": asked,
    "embedding": asked,
    "keypoints": asked,
    "sequence": asked,
    "detection": detection,
}


def score_of(subject, result):
    """The number that the command explains where nothing is named."""

    def score(outputs):
        scores = subject.scores(outputs)
        if subject.task == "segmentation":
            # files are asked before their sigmoid
            level = 0.0 if subject.by_file else 0.5
            inside = scores[0, 0] > level if scores.shape[1] == 1 else scores[0].argmax(0) == result["class"]
            return scores[0, result["class"]][inside].mean()
        if subject.task == "detection":
            return scores[0, result["box"]["candidate"], result["box"]["index"]]
        return scores[0, result["class"]]

    return score


def numbers(subject, model, file, image, layers, result) -> None:
    """Both maps at the framework's own input, so that nothing but the gradient can differ."""
    if subject.task not in ("classification", "multi-label", "segmentation", "detection"):
        return
    target = [] if subject.task != "classification" else ["-t", str(result["class"])]
    if subject.task == "detection":
        target = ["-t", f"box:{result['box']['candidate']}"]
    maps = gradcam("explain", image, "-m", model, "--json", "--method", "grad-cam", *target)
    pixels = gradcam("explain", image, "-m", model, "--json", "--method", "saliency", *target)
    result["said"] = sorted({*result["said"], *said(maps)})
    late = [name for name, answer in {"map": maps, "saliency": pixels}.items() if answer["code"] == "timeout"]
    if late:
        result["harness"] = f"{' and '.join(late)} took more than {LIMIT:.0f} seconds"
        return
    truth = None
    try:
        net = differentiable(file, subject.image) if subject.by_file else subject.net
        truth = truth_of(net, subject.image, score_of(subject, result))
    except Exception as error:
        result["no_truth"] = f"{type(error).__name__}: {str(error)[-300:]}"
        return
    others = cache(lambda: again(net, subject.image, score_of(subject, result)))
    if maps["lines"] and "raw" in maps["lines"][0]:
        layer = layers["lines"][0]["feature"] if layers["lines"] else None
        chosen = maps["lines"][0]["featureLayer"]
        layer = layer if layer and layer["name"] == chosen["name"] else {**chosen, "layout": layout_of(model, chosen, maps["lines"][0]["raw"])}
        result["layer"] = {**result.get("layer", {}), "used": chosen["name"], "certain": "layer-uncertain" not in said(maps), "map": [maps["lines"][0]["raw"]["height"], maps["lines"][0]["raw"]["width"]]}
        found = compare_cam(truth, file, np.load(image), layer, maps["lines"][0]["raw"])
        result["cam"] = found
        if found["found"]:
            near(result, "map", found, lambda: cam_noise(truth, others(), found))
    else:
        result["checks"]["map"] = {"ok": False, "got": problem(maps), "right": CLOSE}
    if pixels["lines"] and "raw" in pixels["lines"][0]:
        found = compare_saliency(truth, pixels["lines"][0]["raw"])
        result["saliency"] = found
        near(result, "saliency", found, lambda: saliency_noise(truth, others()))
    else:
        result["checks"]["saliency"] = {"ok": False, "got": problem(pixels), "right": CLOSE}


def near(result, name, found, noise_of) -> None:
    """Within CLOSE; or, where the framework's own roundings make more of a difference, within three times of that."""
    error, limit = found["error"], CLOSE
    if error is not None and error > CLOSE:
        found["noise"] = noise_of()
        limit = max(CLOSE, 3 * found["noise"])
    if limit > MOST:
        result["no_truth"] = f"by roundings alone the framework's own {name} differs by {found['noise']:.2f}"
        return
    result["checks"][name] = {"ok": error is not None and error <= limit, "got": error, "right": limit}


def problem(answer) -> str:
    error = answer["lines"][0].get("error") if answer["lines"] else None
    return error["message"] if error else answer["err"][-400:]


def layout_of(model, layer, raw) -> dict:
    """The layout of a layer that `layers` does not name first, as that of a detector's scale."""
    listed = gradcam("layers", "-m", model, "--json", "--feature-layer", layer["name"])
    if listed["lines"] and listed["lines"][0].get("feature", {}).get("name") == layer["name"]:
        return listed["lines"][0]["feature"]["layout"]
    return {"kind": "nchw", "height": raw["height"], "width": raw["width"]}
