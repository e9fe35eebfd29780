# ---
# jupyter:
#   jupytext: {formats: 'py:percent'}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # Gallery
#
# What proofs look like, on real data and small models: a credit decision, scanned digits, a forest. Run it in the root of
# the repository, with `pip install '.[sklearn]' matplotlib`; `jupytext --to ipynb examples/gallery.py` makes a notebook of it.

# %%
# %matplotlib inline
import time

import matplotlib.pyplot as plt
import numpy
import pandas

import veil

calibration = pandas.read_csv("examples/credit/calibration.csv")
applicants = pandas.read_csv("examples/credit/applicants.csv")

# %% [markdown]
# ## A credit decision
#
# A network of 20-64-32-1, hidden. The report is the owner's.

# %%
m = veil.setup("examples/credit/credit.onnx", calibration, claim="score >= 0.75", progress=False)
m

# %% [markdown]
# What the verifier sees of one applicant who is approved: not the figures, not the score.

# %%
proof = m.prove(applicants.iloc[0], context="loan 0", progress=False)
m.verifier.verify(proof, context="loan 0")

# %% [markdown]
# The same bytes for another loan:

# %%
m.verifier.verify(proof, context="loan 1")

# %% [markdown]
# The owner may look at how close integers are to floats, here on 200 applicants that setup has not seen.

# %%
close = m.evaluate(applicants)
assert close.agreement == 1.0
close

# %% [markdown]
# ## Bits against error and size

# %%
tried = {bits: veil.setup("examples/credit/credit.onnx", calibration, claim="score >= 0.75", bits=bits, progress=False)
         for bits in (8, 12, 16)}
figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3))
for bits, model in tried.items():
    compared = model.evaluate(applicants)
    errors = numpy.abs(numpy.subtract(compared.integer_outputs, compared.float_outputs))
    left.semilogy(numpy.sort(errors.ravel()) + 1e-7, label=f"{bits} bits")
    right.bar(str(bits), model.report.predicted_cost["proof_bytes"] / 1000)
left.set(title="error of the score, sorted", xlabel="applicant")
left.legend()
right.set(title="a proof, KB", xlabel="bits")
plt.show()

# %% [markdown]
# ## Where a proof's cost comes from

# %%
digits = veil.setup("examples/digits/digits.onnx", numpy.load("examples/digits/calibration.npz")["Input3"], progress=False)
figure, axes = plt.subplots(1, 2, figsize=(9, 3))
for axis, (name, model) in zip(axes, (("credit network", m), ("digits CNN", digits))):
    steps = [step for step in model.report.cost_by_step if step["estimated_share"] > 0.01]
    axis.barh([step["step"] for step in steps], [100 * step["estimated_share"] for step in steps])
    axis.set(title=name, xlabel="% of committed values and lookups")
figure.tight_layout()
plt.show()

# %% [markdown]
# ## Hidden scans, proven digits
#
# The proof reveals ten numbers and hides the image. Above each image, which the verifier does not see, stands what the
# verifier reads.

# %%
test = numpy.load("examples/digits/digits.npz")
figure, axes = plt.subplots(1, 6, figsize=(9, 2))
for axis, image, label in zip(axes, test["Input3"], test["label"]):
    verdict = digits.verifier.verify(digits.prove(image[None], progress=False))
    assert verdict
    read = int(numpy.argmax(verdict.statement.outputs[0]["values"]))
    axis.imshow(image[0], cmap="gray_r")
    axis.set_title(f"{read}")
    axis.axis("off")
plt.show()

# %% [markdown]
# ## A forest, exactly

# %%
from sklearn.ensemble import RandomForestClassifier

training = pandas.read_csv("examples/credit/training.csv")
X, y = training.drop(columns="repaid"), training["repaid"]
forest = RandomForestClassifier(n_estimators=20, max_depth=5, random_state=1).fit(X, y)
trees = veil.setup(forest, X[:500], bits=16, progress=False)
rows = X[500:520]
said = [trees.verifier.verify(proof).statement.outputs[0]["values"][1] for proof in trees.prove_many(rows, progress=False)]
plt.figure(figsize=(3.5, 3))
plt.plot(forest.predict_proba(rows)[:, 1], said, "o")
plt.plot([0.4, 1], [0.4, 1], color="grey", linewidth=0.5)
plt.xlabel("forest")
plt.ylabel("proven")
plt.show()
assert numpy.allclose(said, forest.predict_proba(rows)[:, 1], atol=1e-3)

# %% [markdown]
# ## What it takes

# %%
def milliseconds(work):
    begin = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - begin)

rows_of = {"credit": (m, applicants.iloc[0]), "digits": (digits, test["Input3"][:1]), "forest": (trees, rows.iloc[0])}
pandas.DataFrame({name: {"prove, ms": milliseconds(lambda: model.prove(row, progress=False)),
                         "proof, bytes": model.report.predicted_cost["proof_bytes"]}
                  for name, (model, row) in rows_of.items()}).round(1)
