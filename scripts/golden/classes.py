"""All image processor classes of the installed transformers, and what each of them does.

Imported by table.py, which writes the table of the library, and by processors.py, which makes golden tensors.
"""

import ast
import glob
import importlib
import inspect
import os
import textwrap

import transformers
from transformers.processing_utils import ImagesKwargs

# Classes whose way from photo to picture is not that of every other: the rule of ours that follows them.
RULES = {
    "AriaImageProcessor": "aria",
    "BridgeTowerImageProcessor": "vilt",
    "CHMv2ImageProcessor": "dpt",
    "ConvNextImageProcessor": "convnext",
    "DINOv3ViTImageProcessor": "fractional",
    "DPTImageProcessor": "dpt",
    "DeepseekVLHybridImageProcessor": "deepseek-hybrid",
    "DeepseekVLImageProcessor": "deepseek",
    "DepthProImageProcessor": "fractional-neighbours",
    "DonutImageProcessor": "donut",
    "EfficientLoFTRImageProcessor": "grey",
    "EfficientNetImageProcessor": "efficientnet",
    "EomtImageProcessor": "eomt",
    "GLPNImageProcessor": "glpn",
    "Idefics2ImageProcessor": "idefics2",
    "JanusImageProcessor": "deepseek",
    "LayoutLMv2ImageProcessor": "bgr",
    "LevitImageProcessor": "levit",
    "LightGlueImageProcessor": "grey",
    "LlavaImageProcessor": "llava",
    "Mask2FormerImageProcessor": "maskformer",
    "MaskFormerImageProcessor": "maskformer",
    "NougatImageProcessor": "donut",
    "Owlv2ImageProcessor": "owlv2",
    "PPDocLayoutV2ImageProcessor": "neighbours",
    "PPDocLayoutV3ImageProcessor": "neighbours",
    "PPDocLayoutV4ImageProcessor": "clipped-neighbours",
    "PPFormulaNetImageProcessor": "donut",
    "PPLCNetImageProcessor": "pp-lcnet",
    "PPOCRV5ServerDetImageProcessor": "pp-ocr-det",
    "PPOCRV5ServerRecImageProcessor": "pp-ocr-rec",
    "PPOCRV6SmallRecImageProcessor": "pp-ocr-rec6",
    "PerceiverImageProcessor": "perceiver",
    "PixtralImageProcessor": "pixtral",
    "PoolFormerImageProcessor": "poolformer",
    "PromptDepthAnythingImageProcessor": "dpt",
    "RfDetrImageProcessor": "fractional-neighbours",
    "SLANeXtImageProcessor": "slanext",
    "SamImageProcessor": "sam",
    "Sapiens2ImageProcessor": "sapiens2",
    "SuperGlueImageProcessor": "grey",
    "SuperPointImageProcessor": "grey",
    "Swin2SRImageProcessor": "swin2sr",
    "TextNetImageProcessor": "textnet",
    "TvpImageProcessor": "tvp",
    "UVDocImageProcessor": "uvdoc",
    "ViltImageProcessor": "vilt",
    "VitMatteImageProcessor": "vitmatte",
    "YolosImageProcessor": "yolos",
    "ZoeDepthImageProcessor": "zoedepth",
}

# Classes with steps of their own in Python that come to the usual ones.
PLAIN = {
    *("BeitImageProcessor", "CLIPImageProcessor", "ConditionalDetrImageProcessor", "DeformableDetrImageProcessor"),
    *("DetrImageProcessor", "FlavaImageProcessor", "Gemma3ImageProcessor", "GotOcr2ImageProcessor"),
    *("GroundingDinoImageProcessor", "IdeficsImageProcessor", "ImageGPTImageProcessor", "LayoutLMv3ImageProcessor"),
    *("MobileNetV2ImageProcessor", "MobileViTImageProcessor", "OneFormerImageProcessor", "Ovis2ImageProcessor"),
    *("OwlViTImageProcessor", "PI0ImageProcessor", "RTDetrImageProcessor", "Sam2ImageProcessor", "Sam3ImageProcessor"),
    *("SegGptImageProcessor", "SegformerImageProcessor", "VideoLlavaImageProcessor", "VideoMAEImageProcessor"),
    *("VitPoseImageProcessor", "VivitImageProcessor", "ChameleonImageProcessor", "MobileNetV1ImageProcessor"),
}

# Classes that are no picture's: patches, tiles or tokens of language models, or a transform of another library.
PATCHES = {
    *("Apertus1p5ImageProcessor", "Cohere2VisionImageProcessor", "CohereCompassImageProcessor"),
    *("Cosmos3EdgeImageProcessor", "DeepseekOcr2ImageProcessor", "Emu3ImageProcessor"),
    *("Ernie4_5_VLMoeImageProcessor", "Ernie4_5_VL_MoeImageProcessor", "FuyuImageProcessor", "Gemma4ImageProcessor"),
    *("Gemma4UnifiedImageProcessor", "Glm46VImageProcessor", "Glm4vImageProcessor", "Glm5NextImageProcessor"),
    *("GlmImageImageProcessor", "GlmgaImageProcessor", "GraniteDoclingImageProcessor", "HYV4VLImageProcessor"),
    *("HunYuanVLImageProcessor", "Idefics3ImageProcessor", "Inkling2ImageProcessor", "InklingImageProcessor"),
    *("Kimi_K25ImageProcessor", "Kosmos2_5ImageProcessor", "Lfm2VlImageProcessor", "Llama4ImageProcessor"),
    *("LlavaNextImageProcessor", "LlavaOnevisionImageProcessor", "MiniCPMOcrImageProcessor"),
    *("MiniCPMV4_6ImageProcessor", "MiniMaxM3VLImageProcessor", "MllamaImageProcessor", "Molmo2ImageProcessor"),
    *("MuseGlimmerImageProcessor", "NemotronH_Omni_Reasoning_V3ImageProcessor", "NeoMMEImageProcessor"),
    *("PaddleOCRVLImageProcessor", "PerceptionLMImageProcessor", "Phi4MultimodalImageProcessor"),
    *("Pix2StructImageProcessor", "Qwen2VLImageProcessor", "Siglip2ImageProcessor", "SmolVLMImageProcessor"),
    *("Step3p7ImageProcessor", "UltraVBertImageProcessor", "UnlimitedOcrImageProcessor", "VideoLlama3ImageProcessor"),
}
ELSEWHERE = {"TimmWrapperImageProcessor"}  # its file is timm's config.json

FLAGS = ("do_resize", "do_center_crop", "do_rescale", "do_normalize", "do_pad")
PIXELS = (
    *("do_resize", "size", "default_to_square", "resample", "do_center_crop", "crop_size", "do_rescale", "rescale_factor"),
    *("do_normalize", "image_mean", "image_std", "do_pad", "pad_size"),
)
COMMON = set(ImagesKwargs.__annotations__)


def classes():
    """Pairs of name without `Pil` and class: that of Pillow where there is one, else torchvision's."""
    base = os.path.join(os.path.dirname(transformers.__file__), "models")
    found = {}
    for file in sorted(glob.glob(f"{base}/*/image_processing_*.py")):
        package, module = os.path.basename(os.path.dirname(file)), os.path.basename(file)[:-3]
        if package == "auto":
            continue
        loaded = importlib.import_module(f"transformers.models.{package}.{module}")
        for key, value in vars(loaded).items():
            if not (inspect.isclass(value) and value.__module__ == loaded.__name__ and key.endswith(("ImageProcessor", "ImageProcessorPil"))):
                continue
            name = key.removesuffix("Pil")
            if key.endswith("Pil") or name not in found:
                found[name] = value
    return dict(sorted(found.items()))


def rule_of(name, cls):
    """The rule that follows a class; raises for one with steps of its own that nobody has looked at."""
    if name in RULES:
        return RULES[name]
    own = [method for method in ("resize", "_preprocess", "pad", "center_crop", "rescale", "normalize", "preprocess") if method in vars(cls)]
    if own and name not in PLAIN:
        raise SystemExit(f"{name} has its own {', '.join(own)}: read it, then name its rule in RULES or add it to PLAIN or PATCHES")
    return "plain"


def never(cls):
    """The flags that the class has, and does not look at."""
    if "_preprocess_image" in vars(cls):
        source = cls._preprocess_image
    else:
        source = next(vars(parent)["_preprocess"] for parent in cls.__mro__ if "_preprocess" in vars(parent))
    bodies = [source, *(vars(cls)[other] for other in ("_preprocess_image",) if other in vars(cls))]
    used = set()
    for body in bodies:
        tree = ast.parse(textwrap.dedent(inspect.getsource(body)))
        for statement in tree.body[0].body:
            used |= {node.id for node in ast.walk(statement) if isinstance(node, ast.Name)}
    if "super()._preprocess" in inspect.getsource(source):
        return []
    return [flag for flag in FLAGS if flag not in used]


def defaults(name, cls):
    """What fields about pixels are where a file does not say."""
    made = cls(clusters=[[0, 0, 0]]) if name.startswith("ImageGPT") else cls()
    out = {}
    own = [key for key in getattr(cls, "valid_kwargs", ImagesKwargs).__annotations__ if key not in COMMON]
    extra = list(inspect.signature(cls.__init__).parameters) if "_preprocess_image" in vars(cls) else []
    for key in (*PIXELS, *own, *(e for e in extra if e not in PIXELS)):
        value = getattr(made, key, None)
        if hasattr(value, "height"):
            value = dict(value)
        if hasattr(value, "value"):
            value = value.value
        if isinstance(value, tuple):
            value = list(value)
        if value is not None and isinstance(value, (bool, int, float, str, list, dict)):
            out[key] = value
    if not any(parent.__name__.endswith("Backend") for parent in cls.__mro__):
        out["default_to_square"] = False  # as these call get_size_dict
    return out, own
