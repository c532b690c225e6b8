"""The vision family: local pooling that keeps or restores shifts, and global descriptors of images."""

from __future__ import annotations

from kpool import Component, hookimpl


@hookimpl
def kpool_strategies() -> list[Component]:
    return [
        Component("aps", "kpool_plugins.vision.aps:APSPooling", "The polyphase component with the greatest norm."),
        Component(
            "bilinear",
            "kpool_plugins.vision.bilinear:BilinearPooling",
            "The products of all pairs of features, rooted, of unit length.",
        ),
        Component("blur", "kpool_plugins.vision.blur:BlurPooling", "Average weighted as a binomial low-pass filter."),
        Component(
            "compact_bilinear",
            "kpool_plugins.vision.compact_bilinear:CompactBilinearPooling",
            "Bilinear pooling hashed into fewer features.",
        ),
        Component(
            "covariance",
            "kpool_plugins.vision.covariance:CovariancePooling",
            "The square root of the covariance of the features.",
        ),
        Component(
            "crow",
            "kpool_plugins.vision.crow:CroWPooling",
            "Sum weighted by where and in which features the responses are.",
        ),
        Component(
            "csra",
            "kpool_plugins.vision.csra:CSRAPooling",
            "The mean of class scores, and a share of their softmax average.",
        ),
        Component("dpp", "kpool_plugins.vision.dpp:DPPPooling", "Average that favours values far from their mean."),
        Component("flc", "kpool_plugins.vision.flc:FLCPooling", "The low half of the frequencies."),
        Component(
            "fractional_max",
            "kpool_plugins.vision.fractional_max:FractionalMaxPooling",
            "The maximum over regions that shrink the input by a fraction.",
        ),
        Component(
            "gaussian",
            "kpool_plugins.vision.gaussian:GaussianPooling",
            "The mean and a learned number of standard deviations.",
        ),
        Component(
            "ghostvlad",
            "kpool_plugins.vision.ghostvlad:GhostVLADPooling",
            "NetVLAD with clusters that take what is of no use.",
        ),
        Component(
            "lip", "kpool_plugins.vision.lip:LIPPooling", "Average weighted by a learned importance of every value."
        ),
        Component(
            "lps", "kpool_plugins.vision.lps:LPSPooling", "The polyphase component with the greatest learned score."
        ),
        Component(
            "max_blur", "kpool_plugins.vision.max_blur:MaxBlurPooling", "A dense maximum, blurred before it is strided."
        ),
        Component(
            "netvlad",
            "kpool_plugins.vision.netvlad:NetVLADPooling",
            "Residuals to learned centroids, softly assigned.",
        ),
        Component(
            "pcam",
            "kpool_plugins.vision.pcam:PCAMPooling",
            "Average of class scores weighted by their probabilities.",
        ),
        Component(
            "rmac",
            "kpool_plugins.vision.rmac:RMACPooling",
            "Sum of the maxima of square regions of several sizes.",
        ),
        Component("s3", "kpool_plugins.vision.s3:S3Pooling", "A dense maximum at random rows and columns."),
        Component(
            "spectral",
            "kpool_plugins.vision.spectral:SpectralPooling",
            "The lowest frequencies, as many as the answer has positions.",
        ),
        Component(
            "stochastic",
            "kpool_plugins.vision.stochastic:StochasticPooling",
            "A value drawn with a probability in proportion to itself.",
        ),
    ]


@hookimpl
def kpool_regions() -> list[Component]:
    return [
        Component(
            "fractional", "kpool_plugins.vision.fractional_max:Fractional", "Regions that shrink an axis by a fraction."
        ),
    ]
