// The exhaustion of determined_test.cc on tensors of several elements: slices, digits of a mixed radix, strides, axes
// in another order, summed axes, views beyond their tensors. What is accepted is a function, whatever is read how.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <random>

#include "circuit/determined.h"
#include "circuit/tables.h"
#include "circuit/trace.h"
#include "circuit/validate.h"

namespace veil {
namespace {

const std::vector<Shape> kShapes = {{1}, {2}, {2, 2}, {4}, {2, 1}, {3}, {}};
const std::vector<Shape> kDomains = {{2}, {2, 2}, {2, 1}, {1}, {4}, {3}, {2, 2, 1}, {2, 2, 2}};
constexpr std::int64_t kMostCells = 4;  // of all tensors that are not given

class RandomShapes {
 public:
  explicit RandomShapes(std::uint64_t seed) : random_(seed) {
    given_ = {add({2}, -1, 1, Owner::kModel), add(pick(2) == 0 ? Shape{1} : Shape{2}, 0, 1, Owner::kModel)};
    for (std::int64_t i = 1 + pick(3); i > 0; --i) add_unknown();
    for (std::int64_t i = 1 + pick(4); i > 0; --i) add_equation();
    if (pick(2) == 0) add_clamp();
    declare_proven_ranges();
  }
  const Circuit& circuit() const { return circuit_; }

 private:
  struct Signed {
    TensorId value, sign;
  };

  std::int64_t pick(std::int64_t below) {
    return static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(below));
  }
  template <class T>
  const T& one_of(const std::vector<T>& list) {
    return list[static_cast<std::size_t>(pick(static_cast<std::int64_t>(list.size())))];
  }

  TensorId add(Shape shape, std::int64_t low, std::int64_t high, Owner owner) {
    const std::string name = "t" + std::to_string(circuit_.tensors.size());
    const auto meaning = owner == Owner::kPublic ? std::optional<Meaning>(Meaning{name, "", {}, {0}}) : std::nullopt;
    return add_tensor(circuit_, Tensor{name, std::move(shape), low, high, owner, meaning});
  }

  // Nearly always covers its tensor by digits of some axes of the domain.
  View view(TensorId id, const Domain& domain) {
    std::vector<AxisId> axes(domain.extent.size());
    for (AxisId axis = 0; axis < axes.size(); ++axis) axes[axis] = axis;
    std::shuffle(axes.begin(), axes.end(), random_);
    View out{id, {}};
    for (const std::int64_t length : circuit_.tensors[id].shape) {
      AxisIndex index;
      if (pick(10) == 0) {
        index.offset = pick(length + 1);
      } else {
        for (std::int64_t values = 1; !axes.empty() && values < length; axes.pop_back()) {
          index.terms.push_back({axes.back(), pick(12) == 0 ? 1 + pick(3) : values});
          values *= domain.extent[axes.back()];
        }
        std::shuffle(index.terms.begin(), index.terms.end(), random_);
        if (pick(14) == 0) index.offset = pick(3) - 1;
        if (pick(20) == 0 && !index.terms.empty()) index.terms[0].coefficient = -1;
      }
      out.index.push_back(std::move(index));
    }
    return out;
  }
  View mostly_whole(TensorId id, const Domain& domain) {
    return pick(6) != 0 ? whole_view(circuit_, id) : view(id, domain);
  }

  Form form(const std::vector<TensorId>& ids, const Domain& domain, std::int64_t thirds) {
    static const std::vector<std::int64_t> coefficients = {1, 1, 1, -1, -1, 2, -2, 3, 4, -4, 6, 8};
    Form out;
    for (const TensorId id : ids) {
      if (pick(3) < thirds) out.push_back({one_of(coefficients), view(id, domain)});
    }
    return out;
  }

  void look_up(const Domain& domain, TableKind kind, std::int64_t bits, std::vector<Expression> entries) {
    const std::string name = "lookup" + std::to_string(circuit_.lookups.size());
    circuit_.lookups.push_back(Lookup{name, domain, add_table(circuit_, kind, {bits}), std::move(entries)});
  }

  void add_unknown() {
    Shape shape = one_of(kShapes);
    if (cells_ + shape_size(shape) > kMostCells) shape = {1};
    cells_ += shape_size(shape);
    Domain box{shape, static_cast<std::uint32_t>(shape.size())};
    if (shape == Shape{4} && pick(2) == 0) box = Domain{{2, 2}, 2};
    const std::int64_t kind = pick(5), bits = 1 + pick(2);
    if (kind == 0 && box.extent == shape) {
      cells_ += shape_size(shape);
      const Signed pair{add(shape, -2, 1, Owner::kWitness), add(shape, 0, 1, Owner::kWitness)};
      look_up(box, TableKind::kSigned, 2,
              {linear_expression({{1, mostly_whole(pair.value, box)}}),
               linear_expression({{1, mostly_whole(pair.sign, box)}})});
      signed_.push_back(pair);
      unknown_.push_back(pair.value);
    } else if (kind == 1) {
      unknown_.push_back(add(shape, -8, 8, Owner::kWitness));
    } else if (kind == 2) {
      unknown_.push_back(add(shape, -pick(2), 1 + pick(2), Owner::kPublic));
    } else {
      unknown_.push_back(add(shape, 0, (std::int64_t{1} << bits) - 1, Owner::kWitness));
      look_up(box, TableKind::kUnsigned, bits, {linear_expression({{1, view(unknown_.back(), box)}})});
    }
  }

  void add_equation() {
    Domain domain{one_of(kDomains), 0};
    const auto rank = static_cast<std::int64_t>(domain.extent.size());
    domain.box_rank = static_cast<std::uint32_t>(pick(5) == 0 ? pick(rank + 1) : rank);
    Expression sum = linear_expression(form(given_, domain, 1)) + linear_expression(form(unknown_, domain, 2));
    if (pick(3) == 0) sum.linear.push_back({pick(5) - 2, one_view()});
    if (pick(3) == 0) {
      ProductTerm product{1 - 2 * pick(2), form(given_, domain, 2), form(pick(2) == 0 ? given_ : unknown_, domain, 2)};
      if (pick(2) == 0) product.right.push_back({1, one_view()});
      sum.products.push_back(std::move(product));
    }
    if (pick(3) == 0) return look_up(domain, TableKind::kUnsigned, 1 + pick(2), {std::move(sum)});
    circuit_.identities.push_back(Identity{"identity", domain, std::move(sum)});
  }

  void add_clamp() {
    if (signed_.empty()) return;
    const Signed e = one_of(signed_);
    const TensorId z = one_of(unknown_);
    const Tensor& range = circuit_.tensors[z];
    if (z == e.value || range.shape != circuit_.tensors[e.value].shape) return;
    const Domain box{range.shape, static_cast<std::uint32_t>(range.shape.size())};
    const std::int64_t max = range.high + (pick(4) == 0 ? pick(3) - 1 : 0);
    const std::int64_t min = range.low + (pick(4) == 0 ? pick(3) - 1 : 0);
    const Form right{{1, mostly_whole(z, box)}, {-max, one_view()}, {max - min, mostly_whole(e.sign, box)}};
    circuit_.identities.push_back(
        Identity{"clamp", box, Expression{{}, {ProductTerm{1, {{1, mostly_whole(e.value, box)}}, right}}}});
    Form sum = form(given_, box, 2);
    sum.push_back({-1, mostly_whole(z, box)});
    sum.push_back({-1, mostly_whole(e.value, box)});
    circuit_.identities.push_back(Identity{"sum", box, linear_expression(sum)});
  }

  void declare_proven_ranges() {
    const std::string name = validate_circuit(circuit_).name();
    if (name == "circuit/view" || name == "circuit/table") return;
    const ProvenRanges proven = proven_ranges(circuit_);
    for (std::size_t id = 0; id < proven.size(); ++id) {
      Tensor& tensor = circuit_.tensors[id];
      if (tensor.owner != Owner::kWitness || !proven[id] || proven[id]->span() < 1) continue;
      tensor.low = static_cast<std::int64_t>(proven[id]->low);
      tensor.high = static_cast<std::int64_t>(proven[id]->high);
    }
  }

  std::mt19937_64 random_;
  Circuit circuit_;
  std::int64_t cells_ = 0;
  std::vector<TensorId> given_, unknown_;
  std::vector<Signed> signed_;
};

// All fillings of all elements; those of witnesses from one below to one above what is proven of them.
class Fillings {
 public:
  explicit Fillings(const Circuit& circuit) : circuit_(circuit), trace_(empty_trace(circuit)) {
    std::vector<bool> counts(circuit.tensors.size(), false);
    for (const Table& table : circuit.tables) counts[table.multiplicity] = true;
    for (TensorId id = 0; id < circuit.tensors.size(); ++id) {
      const Tensor& tensor = circuit.tensors[id];
      trace_.values[id].assign(static_cast<std::size_t>(shape_size(tensor.shape)), 0);
      const std::int64_t beyond = tensor.owner == Owner::kWitness ? 1 : 0;
      std::vector<Cell>& cells = tensor.owner == Owner::kModel ? given_ : free_;
      for (std::int64_t& value : trace_.values[id]) {
        if (!counts[id]) cells.push_back({&value, tensor.low - beyond, tensor.high + beyond});
      }
    }
  }

  double number() const {
    double product = 1;
    for (const auto* cells : {&given_, &free_}) {
      for (const Cell& cell : *cells) product *= static_cast<double>(cell.high - cell.low + 1);
    }
    return product;
  }

  std::size_t most() {
    std::size_t most = 0;
    for_each(given_, 0, [&] {
      std::size_t count = 0;
      for_each(free_, 0, [&] { count += check_trace(circuit_, trace_, false) ? 0u : 1u; });
      most = std::max(most, count);
    });
    return most;
  }

 private:
  struct Cell {
    std::int64_t* value;
    std::int64_t low, high;
  };
  template <class Visit>
  void for_each(const std::vector<Cell>& cells, std::size_t at, const Visit& visit) {
    if (at == cells.size()) return visit();
    for (*cells[at].value = cells[at].low; *cells[at].value <= cells[at].high; ++*cells[at].value) {
      for_each(cells, at + 1, visit);
    }
  }

  const Circuit& circuit_;
  Trace trace_;
  std::vector<Cell> given_, free_;
};

TEST(Determined, RandomViewsThatAreAcceptedAreFunctions) {
  std::mt19937_64 random(1);
  int accepted = 0, relations = 0;
  for (int trial = 0; trial < 6000; ++trial) {
    const RandomShapes made(random());
    const Verdict verdict = validate_circuit(made.circuit());
    if (!verdict.accepted() && (trial % 20 != 0 || verdict.name() != "circuit/free")) continue;
    Fillings fillings(made.circuit());
    if (fillings.number() > 10000) continue;
    const std::size_t most = fillings.most();
    if (!verdict.accepted()) {
      relations += most > 1 ? 1 : 0;
      continue;
    }
    ++accepted;
    ASSERT_LE(most, 1u) << "trial " << trial;
  }
  std::printf("  %d accepted, %d of the rejected ones examined are relations\n", accepted, relations);
  EXPECT_GT(accepted, 100);
  EXPECT_GT(relations, 5);
}

// ---------------------------------------------------------------- work that a key could ask for
TensorId add_bit(Circuit& circuit, const Domain& box, const std::string& name) {
  const TensorId id = add_tensor(circuit, Tensor{name, box.extent, 0, 1, Owner::kWitness, std::nullopt});
  const TableId table = add_table(circuit, TableKind::kUnsigned, {1});
  circuit.lookups.push_back(Lookup{name, box, table, {linear_expression({{1, whole_view(circuit, id)}})}});
  return id;
}

// Every lookup of a limb asks the one clamp that names it: its terms are counted each time, or a key of 5 MB takes
// minutes (10 seconds for each 4000 lookups).
TEST(Determined, AClampOfManyTermsIsChargedToEachEquation) {
  Circuit circuit;
  const Domain box{{1}, 1};
  Form left, right;
  for (int i = 0; i < 4000; ++i) {
    left.push_back({1, whole_view(circuit, add_bit(circuit, box, "l" + std::to_string(i)))});
    right.push_back({1, whole_view(circuit, add_bit(circuit, box, "r" + std::to_string(i)))});
  }
  circuit.identities.push_back(Identity{"clamp", box, Expression{{}, {ProductTerm{1, left, right}}}});
  for (std::size_t i = 0; i < 40000; ++i) circuit.lookups.push_back(circuit.lookups[2 * (i % 4000)]);
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(validate_circuit(circuit).name(), "circuit/free");
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(60));  // 2 on a busy machine
}

// X + Y = K - d is compared coefficient by coefficient, and K may hold a term of any coefficient before a tensor that
// is always zero: no rule on wrapping sees it, and its product with 2^118 left 128 bits.
TEST(Determined, ADivisorOfZerosIsNoOverflow) {
  Circuit circuit;
  const std::int64_t big = std::int64_t{1} << 60;
  const TensorId zero = add_tensor(circuit, Tensor{"zero", {}, 0, 0, Owner::kModel, std::nullopt});
  const TensorId q = add_bit(circuit, Domain{}, "q");
  const Form divisor{{1, one_view()}, {big, View{zero, {}}}};
  const TableId table = add_table(circuit, TableKind::kUnsigned, {3});
  for (const std::int64_t sign : {1, -1}) {
    circuit.lookups.push_back(
        Lookup{"q", Domain{}, table, {Expression{{}, {ProductTerm{sign * (big / 4), divisor, {{big, View{q, {}}}}}}}}});
  }
  EXPECT_EQ(validate_circuit(circuit).name(), "circuit/free");
}

}  // namespace
}  // namespace veil
