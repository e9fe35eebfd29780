#!/usr/bin/env python3
"""Trains the network of examples/diagnostics and writes its files.

    examples/diagnostics/train.py --scans FOLDER        # a folder with images_64.npy and labels.npy

Needs torch (CPU) and onnx from PyPI: python3 -m venv venv; venv/bin/pip install torch onnx numpy onnxscript. Three quarters of
the scans train it, one quarter is held out; the same seed and versions give the same network.
"""

import argparse
import pathlib

import numpy
import torch

HERE = pathlib.Path(__file__).parent
SEED, EPOCHS, HELD_OUT, SHIPPED = 7, 300, 24, 12


class Network(torch.nn.Module):
    """Four convolutions, three of them halving the image, and the mean of each channel: 64 x 64 -> 8 x 8 x 32 -> 1."""

    def __init__(self):
        super().__init__()
        self.layers = torch.nn.Sequential(
            torch.nn.Conv2d(1, 8, 3, padding=1), torch.nn.ReLU(), torch.nn.MaxPool2d(2),
            torch.nn.Conv2d(8, 16, 3, padding=1), torch.nn.ReLU(), torch.nn.MaxPool2d(2),
            torch.nn.Conv2d(16, 32, 3, padding=1), torch.nn.ReLU(), torch.nn.MaxPool2d(2),
            torch.nn.Conv2d(32, 32, 3, padding=1), torch.nn.ReLU(),
            torch.nn.AvgPool2d(8), torch.nn.Flatten(), torch.nn.Linear(32, 1))

    def forward(self, scan):
        return torch.sigmoid(self.layers(scan))


def varied(scans, generator):
    """Mirrored, moved and brightened a little: there are few scans."""
    mirrored = torch.rand(len(scans), generator=generator) < 0.5
    scans = torch.where(mirrored[:, None, None, None], scans.flip(3), scans)
    moves = torch.randint(-4, 5, (len(scans), 2), generator=generator)
    scans = torch.stack([scan.roll(tuple(move.tolist()), (1, 2)) for scan, move in zip(scans, moves)])
    return scans * (0.8 + 0.4 * torch.rand((len(scans), 1, 1, 1), generator=generator))


def train(scans, labels):
    torch.manual_seed(SEED)
    generator = torch.Generator().manual_seed(SEED)
    network = Network()
    optimiser = torch.optim.AdamW(network.parameters(), lr=2e-3, weight_decay=1e-2)
    for _ in range(EPOCHS):
        network.train()
        for batch in torch.randperm(len(scans), generator=generator).split(16):
            optimiser.zero_grad()
            probability = network(varied(scans[batch], generator))[:, 0]
            torch.nn.functional.binary_cross_entropy(probability, labels[batch]).backward()
            optimiser.step()
    return network.eval()


def accuracy(network, scans, labels):
    with torch.no_grad():
        return float(((network(scans)[:, 0] >= 0.5) == (labels >= 0.5)).float().mean())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scans", type=pathlib.Path, required=True)
    folder = parser.parse_args().scans
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    scans = torch.tensor(numpy.load(folder / "images_64.npy").reshape(-1, 1, 64, 64) / 255, dtype=torch.float32)
    labels = torch.tensor(numpy.load(folder / "labels.npy").astype(numpy.float32).reshape(-1))
    order = torch.randperm(len(scans), generator=torch.Generator().manual_seed(SEED))
    held_out, training = order[:HELD_OUT], order[HELD_OUT:]
    network = train(scans[training], labels[training])
    print(f"accuracy: {accuracy(network, scans[training], labels[training]):.3f} on {len(training)} scans it was "
          f"trained on, {accuracy(network, scans[held_out], labels[held_out]):.3f} on {HELD_OUT} held out")
    torch.onnx.export(network, scans[:1], HERE / "scan.onnx", input_names=["scan"], output_names=["tumour"],
                      opset_version=17, dynamo=False)
    numpy.savez_compressed(HERE / "calibration.npz", scan=scans[training[:SHIPPED]].numpy())
    numpy.savez_compressed(HERE / "scans.npz", scan=scans[held_out[:SHIPPED]].numpy(),
                           label=labels[held_out[:SHIPPED]].numpy().astype(numpy.int64))


if __name__ == "__main__":
    main()
