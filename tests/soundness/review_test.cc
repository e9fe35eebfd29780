// Attacks of a prover who adapts: who meets every equation that he can, cancels errors under coins that he has seen,
// moves values between slots; and keys whose parts come from elsewhere.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <random>

#include "argument/argue.h"
#include "base/sanitizers.h"
#include "checker/checker.h"
#include "circuit/tables.h"
#include "circuit/validate.h"
#include "curve/generators.h"
#include "field/test_support.h"
#include "support/places.h"
#include "support/proving.h"
#include "support/registered.h"

namespace veil::testing {
namespace {

// ---------------------------------------------------------------- a forger who meets every equation
// Coins by their number, whatever was said before: two runs that differ in one message draw the same ones.
class NumberedCoins : public ChallengeOracle {
 public:
  Fr challenge(std::string_view) override { return random_fr(random_); }

 private:
  std::mt19937_64 random_{77};
};

// The text on plain scalars, with what each assertion leaves over.
class Watching {
 public:
  using Value = Fr;
  struct Message {
    std::string label;
    std::size_t coins;  // drawn before it
  };
  struct Assertion {
    std::string name;
    std::size_t coins;
    std::size_t messages;
    Fr left_over;
  };

  Watching(Answers& answers, const std::map<std::size_t, Fr>& lies) : answers_(answers), lies_(lies) {}

  Value constant(const Fr& value) const { return value; }
  template <class Question>
  Value receive(std::string_view label, const Question& question) {
    const auto lie = lies_.find(messages.size());
    messages.push_back({std::string(label), coins});
    const Fr value = answers_.answer(question);
    return lie == lies_.end() ? value : value + lie->second;
  }
  Fr challenge(std::string_view label) {
    ++coins;
    return oracle_.challenge(label);
  }
  Value product(const Value& a, const Value& b) const { return a * b; }
  void require_equal(const Value& a, const Value& b, std::string name) {
    assertions.push_back({std::move(name), coins, messages.size(), a - b});
  }

  std::size_t coins = 0;
  std::vector<Message> messages;
  std::vector<Assertion> assertions;
  Fr opening;  // what the row gives beyond the value that is owed

 private:
  Answers& answers_;
  const std::map<std::size_t, Fr>& lies_;
  NumberedCoins oracle_;
};

Watching run(const PreparedCircuit& circuit, const Trace& trace, const std::map<std::size_t, Fr>& lies) {
  const RowMatrix matrix = circuit.layout().matrix(trace);
  Answers answers(circuit, trace, matrix);
  Watching out(answers, lies);
  const auto opening = argue(out, circuit.circuit(), circuit.layout(), public_values_of(circuit.circuit(), trace));
  out.opening = inner_product(answers.columns().combine_rows(opening.row_weights), opening.column_eq) - opening.value;
  return out;
}

// Meets the first broken assertion by a message that was sent after its last coin, as an adaptive prover could.
bool mend(const PreparedCircuit& circuit, const Trace& trace, std::map<std::size_t, Fr>& lies, std::size_t start,
          const Watching& seen, std::size_t broken) {
  const Watching::Assertion& wanted = seen.assertions[broken];
  for (std::size_t slot = wanted.messages; slot-- > 0 && seen.messages[slot].coins == wanted.coins;) {
    if (slot == start) continue;
    const auto left_over_at = [&](const Fr& step) {
      std::map<std::size_t, Fr> tried = lies;
      tried[slot] += step;
      return run(circuit, trace, tried).assertions[broken].left_over;
    };
    const Fr slope = left_over_at(Fr::one()) - wanted.left_over;
    if (slope.is_zero()) continue;
    const Fr step = -(wanted.left_over * slope.inverse());
    if (!left_over_at(step).is_zero()) continue;
    lies[slot] += step;
    return true;
  }
  return false;
}

// Whatever message he begins with, and on a false trace too, the opening does not give what he then owes.
void expect_forger_fails(const PreparedCircuit& circuit, const Trace& trace, std::size_t start, const Fr& first,
                         std::size_t& met_everything) {
  std::map<std::size_t, Fr> lies{{start, first}};
  for (int round = 0; round < 64; ++round) {
    const Watching seen = run(circuit, trace, lies);
    std::size_t broken = 0;
    while (broken < seen.assertions.size() && seen.assertions[broken].left_over.is_zero()) ++broken;
    if (broken == seen.assertions.size()) {
      ++met_everything;
      EXPECT_FALSE(seen.opening.is_zero()) << "begun at " << seen.messages[start].label;
      return;
    }
    if (!mend(circuit, trace, lies, start, seen, broken)) return;  // an assertion that he cannot meet
  }
  ADD_FAILURE() << "assertions come and go";
}

TEST(AdaptiveProver, MeetsEveryEquationAndFailsAtTheOpening) {
  std::mt19937_64 random(5);
  MlpOptions options;
  options.widths = {3, 2, 1};
  const TestCircuit network = make_mlp(options);
  const auto circuit = prepare(network.circuit, 4);
  const Trace honest = network.run(network.random_values(random, 3000));
  const Watching plain = run(*circuit, honest, {});
  ASSERT_TRUE(plain.opening.is_zero());
  ASSERT_LT(plain.messages.back().coins, plain.coins) << "nothing is sent after the coin that joins the groups";
  for (const Watching::Assertion& one : plain.assertions) ASSERT_TRUE(one.left_over.is_zero()) << one.name;
  std::size_t met_everything = 0;
  for (std::size_t start = 0; start < plain.messages.size(); ++start) {
    expect_forger_fails(*circuit, honest, start, Fr::from_u64(11), met_everything);
  }
  EXPECT_GT(met_everything, plain.messages.size() / 2);
  Trace lie = honest;  // a false trace: the first broken assertion is mended from here on as well
  ++lie.values[network.output][0];
  met_everything = 0;
  expect_forger_fails(*circuit, lie, plain.messages.size() - 1, Fr::zero(), met_everything);
  EXPECT_EQ(met_everything, 1u);
}

// ---------------------------------------------------------------- hidden entries chosen after gamma
// Two entries with products under one tag: errors d and -d / gamma leave the fraction tree's leaf as it was.
class CancellingEntries {
 public:
  explicit CancellingEntries(Answers& answers) : answers_(answers) {}
  template <class Question>
  Fr next(const Question& question) {
    const Fr value = answers_.answer(question);
    if constexpr (std::is_same_v<Question, RootQuestion>) gamma_ = question.gamma;
    if constexpr (std::is_same_v<Question, LeafQuestion>) {
      const Fr error = Fr::from_u64(5);
      return question.entry == 0 ? value + error : value - error * gamma_.inverse();
    }
    return value;
  }

 private:
  Answers& answers_;
  Fr gamma_;
};

TEST(AdaptiveProver, HiddenEntriesThatCancelInTheLeafAreSeenInTheirExpressions) {
  Circuit circuit;
  const auto add = [&](const char* name, Owner owner) {
    return add_tensor(circuit, Tensor{name, {3}, -8, 7, owner, Meaning{name, "", {}, {0}}});
  };
  const TensorId x = add("x", Owner::kInput);
  const TensorId s = add("s", Owner::kWitness);
  const auto term = [&](TensorId id) { return Form{LinearTerm{1, whole_view(circuit, id)}}; };
  const TableId table = add_table(circuit, TableKind::kSigned, {6});
  circuit.lookups.push_back(Lookup{"sign",
                                   Domain{{3}, 1},
                                   table,
                                   {Expression{{}, {{1, term(x), term(s)}}}, Expression{{}, {{1, term(s), term(s)}}}}});
  Trace trace = empty_trace(circuit);
  trace.values[x] = {-3, 7, -5};
  trace.values[s] = {1, 0, 1};
  fill_multiplicities(circuit, trace);
  const auto prepared = prepare(circuit, 2);
  ASSERT_TRUE(run_native(*prepared, trace, public_values_of(circuit, trace)).failed.empty());
  const RowMatrix matrix = prepared->layout().matrix(trace);
  Answers answers(*prepared, trace, matrix);
  CancellingEntries source(answers);
  Transcript transcript;
  Native<CancellingEntries> checker(transcript, source);
  argue(checker, circuit, prepared->layout(), public_values_of(circuit, trace));
  EXPECT_EQ(checker.failed(), std::vector<std::string>{"einsum/end"});  // the column reduction sees no error
}

// ---------------------------------------------------------------- slots, coins and batches on real proofs
constexpr std::string_view kContext = "context";

const Registered& first_model() {
  static const Registered instance;
  return instance;
}
const Registered& second_model() {  // the same circuit, other weights
  static const Registered instance(Visibility::kHidden, 2);
  return instance;
}

Expected expecting() { return {as_bytes(kContext), {}, {}}; }

Places places() { return Places(first_model().model->circuit()); }

std::span<std::uint8_t> field_of(Bytes& proof, std::size_t place) {
  return std::span(proof).last(first_model().model->circuit().proof_size_bytes()).subspan(32 * place, 32);
}
void add_to(Bytes& proof, std::size_t place, const Fr& difference) {
  const auto field = field_of(proof, place);
  const auto bytes = (*Fr::from_bytes(field) + difference).to_bytes();
  std::copy(bytes.begin(), bytes.end(), field.begin());
}

OwedEquations owed_of(const Bytes& proof) {
  const VerifiedModel& model = *first_model().model;
  const Verification stated = verify(model, expecting(), first_model().prove());
  const std::size_t size = model.circuit().proof_size_bytes();
  const std::size_t count = model.circuit().layout().rows(Owner::kInput).count;
  std::vector<G1Affine> input_rows;
  for (std::size_t i = 0; i < count; ++i) {
    input_rows.push_back(*decompress(ByteView(proof).subspan(proof.size() - size - 32 * (count - i), 32)));
  }
  const CheckedArgument checked =
      check_argument({model.circuit(), model.model_rows(), input_rows, stated.public_values, as_bytes(kContext)},
                     ByteView(proof).last(size));
  EXPECT_TRUE(checked.so_far.accepted()) << checked.so_far.name();
  return checked.owed;
}

Fr batch_coin(std::span<const OwedEquations> owed) {
  Transcript transcript;
  for (const OwedEquations& one : owed) transcript.absorb_scalar("batch/argument", one.coin);
  return transcript.challenge("batch/combine");
}

// The sum that a verifier forms, under coins that the prover was told beforehand.
bool cancels(std::span<const OwedEquations> owed, const std::vector<Fr>& coins, const Fr& z) {
  GroupSum sum;
  Fr power = Fr::one();
  for (std::size_t i = 0; i < owed.size(); ++i) {
    Fr factor = power;
    for (const GroupEquation& equation : owed[i].equations) {
      sum.add(equation, owed[i].model_rows, factor);
      factor *= coins[i];
    }
    power *= z;
  }
  return sum.is_identity();
}

std::vector<std::string> names(const std::vector<Bytes>& proofs) {
  const std::vector<ByteView> views(proofs.begin(), proofs.end());
  std::vector<std::string> out;
  for (const Verification& one : verify_all(*first_model().model, expecting(), views)) {
    out.push_back(one.verdict.name());
  }
  return out;
}

TEST(Slots, AMessageMovedToAnotherSlotWithItsPadIsRejected) {
  const Bytes proof = first_model().prove();
  const Places at = places();
  std::mt19937_64 random(3);
  const auto swap = [](Bytes& bytes, std::size_t a, std::size_t b) {
    std::swap_ranges(field_of(bytes, a).begin(), field_of(bytes, a).end(), field_of(bytes, b).begin());
  };
  for (std::size_t slot = 0; slot < at.slots; slot += 5) {
    const std::size_t other = (slot + 1 + random() % (at.slots - 1)) % at.slots;
    Bytes moved = proof;
    swap(moved, at.slot(slot), at.slot(other));
    EXPECT_NE(first_model().reason(moved), "") << slot << " " << other;
    const std::size_t opened = at.shape.num_opened;
    swap(moved, at.opened_pad(slot % opened), at.opened_pad(other % opened));
    EXPECT_NE(first_model().reason(moved), "") << slot << " " << other;
  }
}

// The last of two false proofs is fitted to the coin of the batch as it was before.
TEST(Coins, AProofFittedToTheCoinOfABatchChangesIt) {
  const Places at = places();
  const Bytes good = first_model().prove();
  std::vector<Bytes> proofs{good, first_model().prove(), good};
  add_to(proofs[0], at.last(), Fr::one());
  std::vector<OwedEquations> owed;
  for (const Bytes& proof : proofs) owed.push_back(owed_of(proof));
  const Fr z = batch_coin(owed);
  const std::vector<Fr> coins{owed[0].coin, owed[1].coin, owed[2].coin};
  add_to(proofs[2], at.last(), -z.square().inverse());
  owed[2] = owed_of(proofs[2]);
  ASSERT_TRUE(cancels(owed, coins, z));
  EXPECT_EQ(names(proofs), (std::vector<std::string>{"open/rows", "", "open/rows"}));
  std::swap(proofs[1], proofs[2]);
  EXPECT_EQ(names(proofs), (std::vector<std::string>{"open/rows", "open/rows", ""}));
}

// Sums over halves use the factors of the whole: errors that would cancel within a half do so no more than elsewhere.
TEST(Coins, TheSearchForCulpritsAcceptsNoPair) {
  const Places at = places();
  const Bytes good = first_model().prove();
  for (std::size_t first = 0; first < 8; first += 2) {
    std::vector<Bytes> proofs(8, good);
    std::vector<std::string> wanted(8);
    Bytes up = good, down = good;
    add_to(up, at.last(), Fr::one());
    add_to(down, at.last(), -Fr::one());
    proofs[first] = up;
    proofs[first + 1] = down;
    proofs[7 - first] = up;  // the same false proof twice, in both halves
    wanted[first] = wanted[first + 1] = wanted[7 - first] = "open/rows";
    EXPECT_EQ(names(proofs), wanted) << first;
  }
}

// A false value of the last claim, with delta moved by what one guess of r would ask for.
TEST(Coins, DeltaCannotPayForAFalseOpening) {
  const Places at = places();
  for (const std::uint64_t guess : {1u, 2u, 1000u}) {
    Bytes proof = first_model().prove();
    add_to(proof, at.slot(at.slots - 1), Fr::one());
    add_to(proof, at.delta(), -Fr::from_u64(guess));
    EXPECT_EQ(first_model().reason(proof), "open/rows");
  }
}

// ---------------------------------------------------------------- keys made of parts
std::vector<std::string> verify_with(const ModelKey& key, const Bytes& proof, std::string& verdict) {
  CheckedKey checked = PendingModel::check(key, std::nullopt);
  if (!checked.pending) {
    verdict = checked.so_far.name();
    return {};
  }
  const ByteView view(proof);
  const Expected expected = expecting();
  const KeyVerification out = verify_with_key(std::move(*checked.pending), expected, {&view, 1});
  verdict = out.key.verdict.name();
  return {out.proofs[0].verdict.name()};
}

TEST(MixedKey, ARegistrationOfOtherRowsIsRejectedWhateverIsBesideIt) {
  const Bytes proof = first_model().prove();
  std::string verdict;
  ModelKey key = first_model().prover->key().model;
  ASSERT_EQ(verify_with(key, proof, verdict), std::vector<std::string>{""});
  key.registration_proof = second_model().prover->key().model.registration_proof;
  verify_with(key, proof, verdict);
  EXPECT_EQ(verdict, "model/registration");
  key = first_model().prover->key().model;  // rows of both: one weight row of the other model
  key.model_rows[0] = second_model().prover->key().model.model_rows[0];
  verify_with(key, proof, verdict);
  EXPECT_EQ(verdict, "model/registration");
}

TEST(MixedKey, AProofOfTheSameCircuitUnderOtherWeightsIsRejected) {
  Bytes proof = second_model().prove();
  EXPECT_EQ(first_model().reason(proof), "statement/model");
  const Digest& id = first_model().model->id();
  std::copy(id.begin(), id.end(), proof.begin() + 12);
  EXPECT_NE(first_model().reason(proof), "");
  EXPECT_NE(names({first_model().prove(), proof})[1], "");
}

// ---------------------------------------------------------------- functionals and symbolic keys
// A linear expression with views of every kind, on tensors that the row/column cut goes through.
struct RandomLinear {
  Circuit circuit;
  Domain domain;
  Expression expression;
  Trace trace;

  explicit RandomLinear(std::mt19937_64& random) {
    const auto pick = [&](std::int64_t below) {
      return static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(below));
    };
    for (std::int64_t i = 1 + pick(4); i > 0; --i) {
      Shape shape(static_cast<std::size_t>(pick(4)));
      for (std::int64_t& length : shape) length = 1 + pick(11);
      const TensorId id =
          add_tensor(circuit, Tensor{"t" + std::to_string(i), shape, 0, 0, static_cast<Owner>(pick(4)), std::nullopt});
      trace.values.emplace_back();
      for (std::int64_t k = shape_size(shape); k > 0; --k) trace.values[id].push_back(pick(2001) - 1000);
    }
    domain.extent.resize(static_cast<std::size_t>(pick(5)));
    for (std::int64_t& length : domain.extent) {
      const Shape& shape = circuit.tensors[random() % circuit.tensors.size()].shape;
      length = shape.empty() || pick(3) == 0 ? 1 + pick(11) : shape[random() % shape.size()];
    }
    domain.box_rank = static_cast<std::uint32_t>(pick(static_cast<std::int64_t>(domain.extent.size()) + 1));
    for (std::int64_t terms = 1 + pick(4); terms > 0; --terms) {
      View view{static_cast<TensorId>(random() % circuit.tensors.size()), {}};
      std::vector<AxisId> axes;
      for (AxisId axis = 0; axis < domain.extent.size(); ++axis) axes.push_back(axis);
      std::shuffle(axes.begin(), axes.end(), random);
      for (const std::int64_t length : circuit.tensors[*view.tensor].shape) {
        AxisIndex index;
        const auto plain =
            std::find_if(axes.begin(), axes.end(), [&](AxisId axis) { return domain.extent[axis] == length; });
        if (plain != axes.end() && pick(4) != 0) {
          index.terms.push_back(AxisTerm{*plain, 1});
          axes.erase(plain);
          view.index.push_back(index);
          continue;
        }
        static constexpr std::int64_t kStrides[] = {1, 1, 1, 2, 3, -1, -2};
        for (std::int64_t count = pick(3); count > 0 && !axes.empty(); --count, axes.pop_back()) {
          index.terms.push_back(AxisTerm{axes.back(), kStrides[pick(7)]});
        }
        if (pick(2) == 0) index.offset = pick(length + 4) - 2;
        view.index.push_back(index);
      }
      expression.linear.push_back(LinearTerm{pick(9) - 4, view});
    }
  }
};

std::vector<Fr> columns_of(const RowLayout& layout, const WeightPart& part) {
  std::vector<Fr> columns(layout.columns());
  part.add_columns(columns, Fr::one());
  return columns;
}

TEST(Functionals, AreTheExpressionUnderItsWeightsWhateverThePaddingHolds) {
  std::mt19937_64 random(21);
  for (int trial = 0; trial < 400; ++trial) {
    const RandomLinear linear(random);
    NamedPoint point{"I", {}};
    for (int i = 0; i < 24; ++i) point.coordinates.push_back(random_fr(random));
    EqWeights eq(point);
    const AxisWeights box = box_weights(linear.domain, eq);
    Fr wanted;
    const std::vector<Int128> values =
        evaluate_expression(linear.circuit, linear.trace, linear.domain, linear.expression);
    for (std::size_t i = 0; i < values.size(); ++i) {
      Fr weight = Fr::one();
      std::size_t rest = i;
      for (AxisId axis = linear.domain.box_rank; axis-- > 0;) {
        const auto length = static_cast<std::size_t>(linear.domain.extent[axis]);
        weight *= box[axis].values[rest % length];
        rest /= length;
      }
      wanted += weight * Fr::from_int(static_cast<std::int64_t>(values[i]));
    }
    const RowLayout layout(linear.circuit, 1 + static_cast<unsigned>(random() % 5));
    std::vector<Fr> matrix(layout.total_rows() * layout.columns());
    for (Fr& cell : matrix) cell = random_fr(random);  // padding with content
    for (TensorId id = 0; id < linear.circuit.tensors.size(); ++id) {
      if (linear.circuit.tensors[id].owner == Owner::kPublic) continue;
      const Shape& shape = linear.circuit.tensors[id].shape;
      std::vector<std::int64_t> index(shape.size(), 0);
      for (const std::int64_t value : linear.trace.values[id]) {
        const RowLayout::Cell cell = layout.cell(id, index);
        matrix[cell.row * layout.columns() + cell.column] = Fr::from_int(value);
        for (std::size_t d = shape.size(); d-- > 0;) {
          if (++index[d] < shape[d]) break;
          index[d] = 0;
        }
      }
    }
    PublicValues public_values = public_values_of(linear.circuit, linear.trace);
    const Functional functional =
        functional_of_linear(linear.circuit, public_values, linear.expression.linear, linear.domain, box);
    ColumnGroups groups(layout);
    std::map<std::string, std::vector<Fr>> by_key;
    for (const FunctionalPart& part : functional.parts) {
      groups.add(part.tensor, part.weights, part.factor);
      for (const WeightPart& piece : layout.parts(part.tensor, part.weights)) {
        if (piece.rows.size() == 1) continue;  // grouped by row
        const auto [known, added] = by_key.emplace(piece.column_key, columns_of(layout, piece));
        EXPECT_EQ(known->second, columns_of(layout, piece)) << "two columns of one key " << piece.column_key;
      }
    }
    Fr got = functional.constant;
    std::vector<Fr> coordinates;
    for (unsigned i = 0; i < layout.log_columns(); ++i) coordinates.push_back(random_fr(random));
    const std::vector<Fr> column_eq = eq_table(coordinates);
    ColumnPoint columns_at(coordinates);
    for (const ColumnGroup& group : groups.list()) {
      EXPECT_EQ(group.weigh(columns_at), inner_product(group.columns(layout.columns()), column_eq));
      for (const auto& [row, weight] : group.rows) {
        got += weight * inner_product(std::span<const Fr>(matrix).subspan(row * layout.columns(), layout.columns()),
                                      group.columns(layout.columns()));
      }
    }
    EXPECT_EQ(got, wanted) << trial;
  }
}

// Windows that read one axis differently have different keys, and equal keys mean equal weights.
TEST(Functionals, EqualKeysAreEqualWeights) {
  std::mt19937_64 random(22);
  Circuit circuit;
  for (std::int64_t length = 1; length <= 12; ++length) {
    add_tensor(circuit, Tensor{"t" + std::to_string(length), {length}, 0, 0, Owner::kWitness, std::nullopt});
  }
  NamedPoint first{"I", {}}, second{"L", {}};
  for (int i = 0; i < 12; ++i) {
    first.coordinates.push_back(random_fr(random));
    second.coordinates.push_back(random_fr(random));
  }
  EqWeights eq(first), other(second);
  std::map<std::string, std::vector<Fr>> by_key;
  for (int trial = 0; trial < 4000; ++trial) {
    const auto length = [&] { return 1 + static_cast<std::int64_t>(random() % 12); };
    const Domain domain{{length(), length(), length()}, 2};
    AxisWeights scope = box_weights(domain, random() % 2 == 0 ? eq : other);
    scope[2] = ones_weight(static_cast<std::size_t>(domain.extent[2]));
    View view{static_cast<TensorId>(random() % circuit.tensors.size()), {AxisIndex{}}};
    for (AxisId axis = 0; axis < 3; ++axis) {
      if (random() % 2 == 0) view.index[0].terms.push_back({axis, static_cast<std::int64_t>(random() % 13) - 6});
    }
    view.index[0].offset = static_cast<std::int64_t>(random() % 16) - 4;
    const Weight weight = view_weights(circuit, view, scope).weights[0];
    const auto [known, added] = by_key.emplace(weight.key, weight.values.vector());
    EXPECT_EQ(known->second, weight.values.vector()) << weight.key;
    EXPECT_EQ(weight.key.find_first_of(",|/"), std::string::npos) << weight.key;  // they separate keys
  }
}

// ---------------------------------------------------------------- hostile keys
constexpr std::int64_t kWide = std::int64_t{1} << 50;

View view_of_all(TensorId id, std::size_t rank) {
  std::vector<AxisId> axes(rank);
  for (AxisId axis = 0; axis < rank; ++axis) axes[axis] = axis;
  return view_by_axes(id, axes);
}

// y = a sum of linear terms over all axes of the domain: an accepted circuit, whatever the terms.
struct SumCircuit {
  Circuit circuit;
  explicit SumCircuit(const Shape& summed) : domain{summed, 0} {}
  void add(const View& view) {
    if (terms++ % 4000 == 0) {
      const std::string name = "y" + std::to_string(circuit.identities.size());
      const TensorId y = add_tensor(circuit, Tensor{name, {}, -kWide, kWide, Owner::kWitness, std::nullopt});
      circuit.identities.push_back(Identity{name, domain, linear_expression({LinearTerm{-1, View{y, {}}}})});
    }
    circuit.identities.back().expression.linear.push_back(LinearTerm{1, view});
  }

 private:
  Domain domain;
  std::size_t terms = 0;
};

// One tensor of 2^18 rows through `count` views that differ in their column weights: 50 KB of key for 300 of them.
Circuit many_column_weights(std::int64_t count) {
  SumCircuit sum(Shape(6, 8));
  const TensorId w = add_tensor(sum.circuit, Tensor{"w", {8, 8, 8, 8, 8, 8, 2}, -1, 1, Owner::kModel, std::nullopt});
  for (std::int64_t i = 0; i < count; ++i) {
    View view = view_of_all(w, 6);
    view.index.push_back(AxisIndex{{}, i});
    sum.add(view);
  }
  return sum.circuit;
}

// Tensors that are a row of 4096 columns by their padding, though their axes have 18 entries together.
Circuit many_rows(int count) {
  SumCircuit sum(Shape(6, 3));
  for (int i = 0; i < count; ++i) {
    const std::string name = "w" + std::to_string(i);
    sum.add(view_of_all(add_tensor(sum.circuit, Tensor{name, Shape(6, 3), -1, 1, Owner::kModel, std::nullopt}), 6));
  }
  return sum.circuit;
}

[[noreturn]] void check_within_limits(const Circuit& circuit, unsigned log_columns, const std::string& name,
                                      const std::optional<Digest>& pinned) {
  const rlimit memory{std::size_t{3} << 30, std::size_t{3} << 30};
  if (!kSanitized) setrlimit(RLIMIT_AS, &memory);  // their shadow memory takes terabytes of addresses
  alarm(kSanitized ? 600 : 60);
  ModelKey key;
  key.circuit = circuit;
  key.log_columns = log_columns;
  const CheckedKey checked = PendingModel::check(std::move(key), pinned);
  std::_Exit(checked.so_far.name() == name ? 0 : 1);
}

// In a child that may take 3 GiB and a minute on a busy machine; docs/security.md promises 2 GiB and seconds.
void expect_refused_cheaply(const Circuit& circuit, unsigned log_columns, const std::string& name,
                            const std::optional<Digest>& pinned = std::nullopt) {
  ASSERT_TRUE(validate_circuit(circuit).accepted()) << validate_circuit(circuit).name();
  EXPECT_EXIT(check_within_limits(circuit, log_columns, name, pinned), ::testing::ExitedWithCode(0), "");
}

TEST(HostileKeyOpen, ColumnWeightsOfManyRowsAreCounted) {
  expect_refused_cheaply(many_column_weights(300), 1, "model/size");
}

TEST(HostileKeyOpen, PaddedRowsAreCounted) { expect_refused_cheaply(many_rows(60000), 12, "model/size"); }

// Who pins an id learns from a few hashes that the key is another's, before its matrix is walked.
TEST(HostileKeyOpen, APinnedIdGoesBeforeTheWork) {
  expect_refused_cheaply(many_column_weights(20), 1, "model/id", Digest{});
}

// 2^60 2^60 2^60 in 128 bits: coefficients are not added up in circuits that were rejected already.
TEST(HostileKeyOpen, CoefficientsOfADivisionStayIn128Bits) {
  Circuit circuit;
  const std::int64_t big = std::int64_t{1} << 60;
  const TensorId k = add_tensor(circuit, Tensor{"k", {}, 1, 3, Owner::kModel, std::nullopt});
  const TensorId q = add_tensor(circuit, Tensor{"q", {}, 0, 7, Owner::kWitness, std::nullopt});
  const TableId table = add_table(circuit, TableKind::kUnsigned, {3});
  for (const std::int64_t sign : {1, -1}) {
    const Expression entry{{LinearTerm{1, View{k, {}}}},
                           {{sign * big, {LinearTerm{big, View{k, {}}}}, {LinearTerm{big, View{q, {}}}}}}};
    circuit.lookups.push_back(Lookup{"q", Domain{}, table, {entry}});
  }
  EXPECT_FALSE(validate_circuit(circuit).accepted());
}

}  // namespace
}  // namespace veil::testing
