#include "service/self_check.h"

#include <utility>

#include "curve/generators.h"
#include "curve/hash_to_curve.h"
#include "curve/msm.h"
#include "field/arrays.h"
#include "graph/graph_builder.h"
#include "graph/passes.h"
#include "hash/keccak256.h"
#include "prove/stopwatch.h"
#include "service/known_answers.h"
#include "service/prove_row.h"
#include "service/set_up.h"
#include "transcript/transcript.h"
#include "verify/proof.h"

namespace veil {

namespace {

// Of wrong results the first; functions below return what was wrong, or nothing.
using Failure = std::string;

Failure compare(std::string_view what, ByteView found, std::string_view expected) {
  return to_hex(found) == expected ? "" : std::string(what) + " gives a wrong result";
}
Failure compare(std::string_view what, const Fr& found, std::string_view expected) {
  return compare(what, found.to_bytes(), expected);
}
Failure require(bool right, std::string_view otherwise) { return right ? "" : std::string(otherwise); }

Failure first_of(std::initializer_list<Failure> failures) {
  for (const Failure& failure : failures) {
    if (!failure.empty()) return failure;
  }
  return "";
}

std::vector<std::int64_t> alternating_integers(std::size_t count) {
  std::vector<std::int64_t> out;
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto magnitude = static_cast<std::int64_t>(i * 2654435761U & ((std::uint64_t{1} << 62) - 1));
    out.push_back(i % 2 == 0 ? magnitude : -magnitude);
  }
  return out;
}

Fr weighted_rows(std::span<const Fr> a, std::span<const Fr> b) {
  constexpr std::size_t kRows = 40, kColumns = 20;
  std::vector<std::int8_t> data;
  for (std::size_t i = 0; i < kRows; ++i) {
    for (std::size_t j = 0; j < kColumns; ++j) {
      data.push_back(static_cast<std::int8_t>(static_cast<int>((5 * i + 3 * j) % 255) - 127));
    }
  }
  std::vector<Fr> sums(kColumns);
  add_weighted_rows(sums, a.first(kRows), data.data(), static_cast<std::ptrdiff_t>(kColumns));
  return inner_product(b.first(kColumns), std::span<const Fr>(sums));
}

Failure test_field() {
  constexpr std::size_t kCount = 998;
  const std::vector<Fr> a = powers(Fr::from_u64(7), kCount), b = powers(Fr::from_u64(11), kCount);
  const std::vector<std::int64_t> integers = alternating_integers(kCount);
  std::vector<Fr> folded = a, inverses = a;
  fold(folded, Fr::from_u64(13));
  folded.resize(kCount / 2);
  batch_inverse(inverses);
  const std::span<const Fr> all_a = a, all_b = b;
  return first_of({compare("a product", a[500] * b[400], kProduct),
                   compare("an inner product", inner_product(all_a, all_b), kInner),
                   compare("an inner product with integers", inner_product(all_a, integers), kInnerInt),
                   compare("a fold", inner_product(folded, all_b.first(kCount / 2)), kFolded),
                   compare("an inversion", inner_product(inverses, all_b), kInverses),
                   compare("a sum of rows", weighted_rows(a, b), kWeightedRows)});
}

// 1 G, 2 G, 3 G, ...
std::vector<G1Affine> multiples_of_generator(std::size_t count) {
  std::vector<G1> points;
  G1 next;
  for (std::size_t i = 0; i < count; ++i) points.push_back(next += G1Affine::generator());
  return G1::batch_to_affine(points);
}

Failure test_encodings(const std::vector<G1Affine>& points) {
  Bytes bytes;
  for (const G1Affine& point : points) {
    const auto encoded = compress(point);
    bytes.insert(bytes.end(), encoded.begin(), encoded.end());
  }
  const auto decoded = decompress_all(bytes);
  for (std::size_t i = 0; i < points.size(); ++i) {
    if (!decoded[i] || !(*decoded[i] == points[i])) return "a compressed point is read wrongly";
  }
  return "";
}

Failure test_commitments() {
  constexpr std::size_t kColumns = 64;
  const std::vector<std::int64_t> row = alternating_integers(kColumns);
  std::vector<Fr> scalars;
  for (const std::int64_t entry : row) scalars.push_back(Fr::from_int(entry));
  const RowCommitter committer(kColumns);
  const G1 expected = msm(generators(kColumns), scalars);
  const Bytes first{'G', 0, 0, 0, 0};
  return first_of({require(committer.commit(row) == expected, "a commitment to a row is wrong"),
                   require(G1(committer.commit_rows(row, kColumns)[0]) == expected, "a commitment to rows is wrong"),
                   require(hash_to_g1(first, kGeneratorsTag) == generators(1)[0], "hashing to the curve is wrong")});
}

Failure test_curve() {
  constexpr std::size_t kPoints = 300;
  const std::vector<G1Affine> points = multiples_of_generator(kPoints);
  std::vector<Fr> scalars = powers(Fr::from_u64(7), kPoints + 1);
  scalars.erase(scalars.begin());
  return first_of({compare("a sum of points", compress(msm(points, scalars).to_affine()), kSumOfPoints),
                   test_encodings(points), test_commitments()});
}

Bytes message(std::size_t size_bytes) {
  Bytes out(size_bytes);
  for (std::size_t i = 0; i < size_bytes; ++i) out[i] = static_cast<std::uint8_t>(7 * i + 3);
  return out;
}

Failure test_hash() {
  const auto both = keccak256_both({}, message(100));
  return first_of({compare("Keccak-256 of nothing", keccak256({}), kKeccak0),
                   compare("Keccak-256 of 136 bytes", keccak256(message(136)), kKeccak136),
                   compare("Keccak-256 of 1000 bytes", keccak256(message(1000)), kKeccak1000),
                   compare("Keccak-256 of two messages", both[0], kKeccak0),
                   require(both[1] == keccak256(message(100)), "Keccak-256 of two messages gives a wrong result")});
}

Failure test_transcript() {
  Transcript transcript;
  transcript.absorb_bytes("text", as_bytes("veil"));
  transcript.absorb_scalar("scalar", Fr::from_u64(5));
  transcript.absorb_point("point", compress(G1Affine::generator()));
  const Fr first = transcript.challenge("first");
  return first_of({compare("a challenge", first, kChallenge),
                   compare("the challenge after it", transcript.challenge("second"), kNextChallenge)});
}

// 4 numbers -> 3 -> score.
Result<Graph> small_model() {
  GraphBuilder b;
  const ValueId x = b.input("x", {1, 4});
  const ValueId first = b.constant({{4, 3}, {0.5, -1, 0.25, 1, 0.75, -0.5, -0.25, 0.5, 1, 0.125, 1, -1}});
  const ValueId hidden = b.node("Relu", {b.node("MatMul", {x, first}, "sums")}, "hidden");
  const ValueId second = b.constant({{3, 1}, {1, -0.5, 0.75}});
  Graph graph = b.finish({b.node("MatMul", {hidden, second}, "score")});
  VEIL_TRY_STATUS(infer_and_fold(graph));
  return graph;
}

std::vector<RealRow> small_rows() {
  std::vector<RealRow> rows;
  for (int i = 0; i < 16; ++i) rows.push_back({{i / 8.0 - 1, (5 * i % 16) / 8.0 - 1, (3 * i % 16) / 8.0 - 1, 0.5}});
  return rows;
}

// The proof must be accepted as it is, and in no other way: not changed anywhere, not for another context.
Failure check_proof(const VerifiedModel& model, const Bytes& proof, std::string_view context) {
  constexpr std::size_t kStep = 499;  // every byte would take too long here; the tests do that
  const Expected expected{as_bytes(context), {}, {}};
  const Verification honest = verify(model, expected, proof);
  if (!honest.verdict.accepted()) return "an honest proof is rejected: " + honest.verdict.name();
  for (std::size_t at = 0; at < proof.size(); at += kStep) {
    Bytes changed = proof;
    changed[at] ^= 1;
    if (verify(model, expected, changed).verdict.accepted()) return "a tampered proof is accepted";
  }
  if (verify(model, Expected{as_bytes("another"), {}, {}}, proof).verdict.accepted()) {
    return "a proof of another context is accepted";
  }
  return "";
}

Result<Failure> test_small_model() {
  constexpr std::string_view kContext = "self-test";
  SetupChoices choices;
  choices.claim = "score >= 0.25";
  choices.bits = 8;
  const std::vector<RealRow> rows = small_rows();
  VEIL_TRY(graph, small_model());
  VEIL_TRY(made, set_up(std::move(graph), rows, choices, [](std::string_view, double) {}));
  VEIL_TRY(files, setup_files(made, {}, choices));
  VEIL_TRY(owned, open_owned_model(files.prover, "prover.veil", false));
  VEIL_TRY(file, read_verifier_file(files.verifier, "verifier.veil"));
  const VerifiedModel::Checked checked = VerifiedModel::check(std::move(file.model), std::nullopt);
  if (!checked.verdict.accepted()) return Failure("an honest key is rejected: " + checked.verdict.name());
  bool refused = false, proven = false;
  for (const RealRow& row : rows) {
    if (refused && proven) break;
    VEIL_TRY(result, prove_row(owned, row, as_bytes(kContext)));
    refused = refused || !result.proof;
    if (!result.proof || proven) continue;
    proven = true;
    if (Failure failure = check_proof(*checked.model, result.proof->proof, kContext); !failure.empty()) return failure;
  }
  return require(refused && proven, "the small model decides wrongly");
}

Failure test_proof() {
  auto result = test_small_model();
  return result.ok() ? *result : Failure("the small model cannot be proven: " + result.error().message);
}

}  // namespace

std::vector<SelfTest> run_self_tests() {
  static constexpr std::pair<const char*, Failure (*)()> kTests[] = {{"field", test_field},
                                                                     {"curve", test_curve},
                                                                     {"hash", test_hash},
                                                                     {"transcript", test_transcript},
                                                                     {"proof", test_proof}};
  std::vector<SelfTest> out;
  for (const auto& [name, test] : kTests) {
    Stopwatch watch;
    Failure failure = test();
    out.push_back(SelfTest{name, std::move(failure), watch.lap().wall_ms});
  }
  return out;
}

}  // namespace veil
