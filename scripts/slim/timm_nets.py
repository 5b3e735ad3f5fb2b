"""Architectures of timm, a few channels wide."""

import torch
from slim import seeded, torch_case
from timm.models import (
    cait,
    convnext,
    deit,
    edgenext,
    efficientvit_mit,
    levit,
    maxxvit,
    metaformer,
    mlp_mixer,
    resnet,
    resnetv2,
    swin_transformer,
    vision_transformer,
)


def made(constructor, *arguments, **options):
    torch.manual_seed(3)
    return seeded(constructor(*arguments, num_classes=5, **options))


def cases():
    net = made(resnet.ResNet, resnet.BasicBlock, (1, 1, 1, 1), channels=(8, 8, 8, 8), stem_width=8)
    yield "timm-resnet", net, dict(of="timm ResNet", size=(64, 96), layer="layer4", grid=(2, 3), head=net.fc)

    options = dict(channels=(16, 16, 24, 32), stem_chs=8, stem_type="fixed", bottle_ratio=0.5)
    norm = dict(norm_layer=lambda channels, **rest: resnetv2.GroupNormAct(channels, num_groups=4, **rest))
    net = made(resnetv2.ResNetV2, (1, 1, 1, 1), **options, **norm)
    yield "timm-bit", net, dict(of="timm ResNetV2 (BiT)", size=(64, 96), layer="norm", grid=(2, 3), head=net.head.fc, exporter="dynamo")

    net = made(convnext.ConvNeXt, depths=(1, 1, 2, 1), dims=(8, 8, 8, 12))
    yield "timm-convnext", net, dict(of="timm ConvNeXt", size=(64, 96), layer="stages.3", grid=(2, 3), head=net.head.fc, exporter="dynamo")

    net = made(swin_transformer.SwinTransformer, img_size=(16, 24), patch_size=2, embed_dim=8, depths=(1, 2), num_heads=(2, 2), window_size=2, mlp_ratio=2)
    yield (
        "timm-swin",
        net,
        dict(of="timm Swin", size=(16, 24), layer="layers.1", form="nhwc", grid=(4, 6), head=net.head.fc, exporter="dynamo"),
    )

    net = made(vision_transformer.VisionTransformer, img_size=(32, 48), patch_size=8, embed_dim=16, depth=3, num_heads=2, mlp_ratio=2)
    vit = dict(size=(32, 48), layer="blocks.1", form="nlc", grid=(4, 6), skip=1)
    yield "timm-vit", net, dict(of="timm ViT", head=net.head, exporter="dynamo", **vit)

    net = made(deit.VisionTransformerDistilled, img_size=(32, 48), patch_size=8, embed_dim=16, depth=2, num_heads=2, mlp_ratio=2)
    yield "timm-deit", net, dict(of="timm DeiT, distilled", size=(32, 48), layer="blocks.0", form="nlc", grid=(4, 6), skip=2)

    attention = maxxvit.MaxxVitTransformerCfg(dim_head=4, window_size=(2, 2), grid_size=(2, 2), expand_ratio=2.0, rel_pos_type="bias_tf")
    conv = maxxvit.MaxxVitConvCfg(expand_ratio=2.0)
    cfg = maxxvit.MaxxVitCfg((8, 8), (1, 1), ("M", "M"), stem_width=8, conv_cfg=conv, transformer_cfg=attention)
    net = made(maxxvit.MaxxVit, cfg, img_size=(32, 48))
    yield "timm-maxvit", net, dict(of="timm MaxViT", size=(32, 48), layer="stages.1", grid=(4, 6), head=net.head.fc, exporter="dynamo")

    attention = maxxvit.MaxxVitTransformerCfg(dim_head=4, expand_ratio=2.0)
    cfg = maxxvit.MaxxVitCfg((8, 8), (1, 2), ("C", "T"), stem_width=8, conv_cfg=conv, transformer_cfg=attention)
    net = made(maxxvit.MaxxVit, cfg, img_size=(32, 48))
    yield "timm-coatnet", net, dict(of="timm CoAtNet", size=(32, 48), layer="stages.1", grid=(4, 6), head=net.head.fc)

    net = made(edgenext.EdgeNeXt, dims=(8, 8, 8, 8), depths=(1, 2, 2, 2), heads=(2, 2, 2, 2), expand_ratio=2)
    yield "timm-edgenext", net, dict(of="timm EdgeNeXt", size=(64, 96), layer="stages.3", grid=(2, 3), head=net.head.fc, exporter="dynamo")

    net = made(efficientvit_mit.EfficientVit, widths=(4, 8, 8, 8), depths=(1, 1, 1, 1), head_dim=4, expand_ratio=2, head_widths=(16, 16))
    yield (
        "timm-efficientvit",
        net,
        dict(of="timm EfficientViT (MIT)", size=(64, 96), layer="stages.2", grid=(4, 6), head=net.head.classifier[-1]),
    )

    net = made(levit.Levit, img_size=64, embed_dim=(16,), key_dim=4, depth=(2,), num_heads=(2,), stem_type="s16")
    yield "timm-levit", net, dict(of="timm LeViT", size=(64, 64), layer="stages.0.blocks.1", form="nlc", grid=(4, 4), exporter="dynamo")

    net = made(cait.Cait, img_size=(32, 48), patch_size=8, embed_dim=16, depth=2, num_heads=2, mlp_ratio=2)
    yield "timm-cait", net, dict(of="timm CaiT", size=(32, 48), layer="blocks.1", form="nlc", grid=(4, 6), head=net.head, exporter="dynamo")

    net = made(mlp_mixer.MlpMixer, img_size=(32, 48), patch_size=8, num_blocks=2, embed_dim=16)
    yield "timm-mixer", net, dict(of="timm MLP-Mixer", size=(32, 48), layer="norm", form="nlc", grid=(4, 6), head=net.head)

    residual = dict(block_layer=mlp_mixer.ResBlock, norm_layer=mlp_mixer.Affine, mlp_ratio=2)
    net = made(mlp_mixer.MlpMixer, img_size=(32, 48), patch_size=8, num_blocks=2, embed_dim=16, **residual)
    yield "timm-resmlp", net, dict(of="timm ResMLP", size=(32, 48), layer="blocks.1", form="nlc", grid=(4, 6), head=net.head, exporter="dynamo")

    mixers = [metaformer.Pooling, metaformer.Pooling]
    net = made(metaformer.MetaFormer, depths=(1, 2), dims=(8, 12), token_mixers=mixers, use_mlp_head=False, res_scale_init_values=(None, 1.0))
    yield "timm-poolformer", net, dict(of="timm PoolFormer", size=(64, 96), layer="stages.1", grid=(8, 12), head=net.head.fc)


def make(wanted):
    for name, net, options in cases():
        if wanted(name):
            wanted.run(name, lambda net=net, options=options, name=name: torch_case(name, net, **options))
