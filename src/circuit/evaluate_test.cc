// evaluate_box against the definition of an expression, index by index, on random constraints.
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <random>

#include "circuit/trace.h"

namespace veil {
namespace {

constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();

class RandomConstraint {
 public:
  explicit RandomConstraint(std::uint64_t seed) : random_(seed) {
    const auto rank = static_cast<std::uint32_t>(random_() % 5);
    for (std::uint32_t axis = 0; axis < rank; ++axis) domain.extent.push_back(pick(1, axis == 0 ? 9 : 4));
    domain.box_rank = static_cast<std::uint32_t>(pick(0, rank));
    for (std::int64_t i = pick(0, 3); i > 0; --i) expression.linear.push_back(term());
    for (std::int64_t i = pick(0, 2); i > 0; --i) expression.products.push_back({pick(-3, 3), form(), form()});
    trace.values.resize(circuit.tensors.size());
    trace.shared.resize(circuit.tensors.size());
    magnitude_ = random_() % 4 == 0 ? 63 : static_cast<unsigned>(pick(1, 20));
    for (TensorId id = 0; id < circuit.tensors.size(); ++id) fill(id);
  }

  // A convolution of weights and a sum of two tensors: out[(g,) f, i, j] = sum w[(g,) f, c, k, l] x[(g,) c, i', j'],
  // with windows that leave the tensor on all sides, moved and stretched.
  static RandomConstraint convolution(std::uint64_t seed) {
    RandomConstraint made;
    made.random_.seed(seed);
    const bool groups = made.random_() % 3 == 0;
    const AxisId f = groups ? 1 : 0;
    if (groups) made.domain.extent.push_back(made.pick(1, 3));
    for (const auto& [low, high] : {std::pair{1, 6}, {1, 9}, {1, 30}, {1, 8}, {1, 3}, {1, 3}}) {
      made.domain.extent.push_back(made.pick(low, high));
    }
    made.domain.box_rank = f + 3;
    View weights{0, {}}, read{1, {}};
    Tensor w, x;
    if (groups) {
      weights.index.push_back({{{0, 1}}, 0});
      read.index.push_back({{{0, 1}}, 0});
    }
    for (const AxisId axis : {f, f + 3, f + 4, f + 5}) weights.index.push_back({{{axis, 1}}, 0});
    read.index.push_back({{{f + 3, 1}}, 0});
    for (const AxisId axis : {f + 1, f + 2}) {
      read.index.push_back({{{axis, made.pick(1, 2)}, {axis + 3, made.pick(1, 2)}}, made.pick(-2, 1)});
    }
    const auto extent = [&](AxisId axis) { return made.domain.extent[axis]; };
    for (const AxisIndex& index : weights.index) w.shape.push_back(extent(index.terms[0].axis));
    for (const AxisIndex& index : read.index) {
      x.shape.push_back(index.terms.size() == 1 ? extent(index.terms[0].axis) : made.pick(1, 12));
    }
    View other = read;
    other.tensor = 2;
    made.circuit.tensors = {w, x, x};
    made.expression.products.push_back({made.pick(-3, 3),
                                        {LinearTerm{made.pick(1, 2), weights}},
                                        {LinearTerm{256, read}, LinearTerm{made.pick(-2, 2), other}}});
    if (made.random_() % 2 == 0) std::swap(made.expression.products[0].left, made.expression.products[0].right);
    if (made.random_() % 3 == 0) made.expression.products[0].right.pop_back();
    made.magnitude_ = made.random_() % 8 == 0 ? 40 : 16;
    made.trace.values.resize(3);
    made.trace.shared.resize(3);
    for (TensorId id = 0; id < 3; ++id) made.fill(id);
    return made;
  }

  Circuit circuit;
  Trace trace;
  Domain domain;
  Expression expression;

  // The expression at one index of the box, straight from circuit.h.
  Int128 at(std::vector<std::int64_t> index) const {
    UInt128 sum = 0;
    for (const LinearTerm& one : expression.linear) {
      sum += static_cast<UInt128>(summed({one}, {LinearTerm{1, one_view()}}, index));
    }
    for (const ProductTerm& product : expression.products) {
      sum += static_cast<UInt128>(Int128{product.coefficient}) *
             static_cast<UInt128>(summed(product.left, product.right, index));
    }
    return static_cast<Int128>(sum);
  }

 private:
  RandomConstraint() = default;

  std::int64_t pick(std::int64_t low, std::int64_t high) {
    return std::uniform_int_distribution<std::int64_t>(low, high)(random_);
  }

  // A view of a new tensor by some of the axes, each in one place; sizes with and without reads outside.
  View view() {
    std::vector<AxisId> axes;
    for (AxisId axis = 0; axis < domain.extent.size(); ++axis) {
      if (random_() % 3 != 0) axes.push_back(axis);
    }
    std::shuffle(axes.begin(), axes.end(), random_);
    View out{static_cast<TensorId>(circuit.tensors.size()), {}};
    Tensor tensor;
    std::size_t next = 0;
    while (next < axes.size() || random_() % 4 == 0) {
      AxisIndex index{{}, pick(-1, 2)};
      std::int64_t low = index.offset;
      std::int64_t high = index.offset;
      for (std::int64_t count = pick(0, 2); count > 0 && next < axes.size(); --count) {
        const std::int64_t coefficient = random_() % 2 == 0 ? 1 : pick(-2, 3);
        index.terms.push_back({axes[next], coefficient});
        (coefficient < 0 ? low : high) += coefficient * (domain.extent[axes[next]] - 1);
        ++next;
      }
      if (random_() % 2 == 0) index.offset -= low;  // inside from the first entry on
      const std::int64_t reach = high - low + std::max<std::int64_t>(0, index.offset);
      tensor.shape.push_back(std::max<std::int64_t>(1, reach + pick(-2, 2)));
      out.index.push_back(std::move(index));
      if (out.index.size() > 4) break;
    }
    circuit.tensors.push_back(std::move(tensor));
    return out;
  }

  LinearTerm term() { return {pick(-3, 3), random_() % 6 == 0 ? one_view() : view()}; }
  Form form() {
    Form out;
    for (std::int64_t i = pick(random_() % 8 == 0 ? 0 : 1, 3); i > 0; --i) out.push_back(term());
    return out;
  }

  void fill(TensorId id) {
    std::vector<std::int64_t> values(static_cast<std::size_t>(shape_size(circuit.tensors[id].shape)));
    for (std::int64_t& value : values) {
      value = static_cast<std::int64_t>(random_()) >> (64 - magnitude_);
      if (magnitude_ == 63 && random_() % 8 == 0) value = kMin / (random_() % 2 == 0 ? 1 : 2);
    }
    if (random_() % 2 == 0) {
      trace.shared[id] = values;
    } else {
      trace.values[id] = std::move(values);
    }
  }

  Int128 value(const View& view, const std::vector<std::int64_t>& index) const {
    if (!view.tensor) return 1;
    const Shape& shape = circuit.tensors[*view.tensor].shape;
    std::int64_t flat = 0;
    for (std::size_t d = 0; d < shape.size(); ++d) {
      std::int64_t position = view.index[d].offset;
      for (const AxisTerm& axis : view.index[d].terms) position += axis.coefficient * index[axis.axis];
      if (position < 0 || position >= shape[d]) return 0;
      flat = flat * shape[d] + position;
    }
    return trace.tensor(*view.tensor)[static_cast<std::size_t>(flat)];
  }

  // Modulo 2^128, as unsigned integers are.
  Int128 value(const Form& form, const std::vector<std::int64_t>& index) const {
    UInt128 sum = 0;
    for (const LinearTerm& one : form) {
      sum += static_cast<UInt128>(Int128{one.coefficient}) * static_cast<UInt128>(value(one.view, index));
    }
    return static_cast<Int128>(sum);
  }

  Int128 summed(const Form& left, const Form& right, std::vector<std::int64_t> index) const {
    std::vector<AxisId> axes;
    for (AxisId axis = domain.box_rank; axis < domain.extent.size(); ++axis) {
      bool used = false;
      for (const Form* form : {&left, &right}) {
        for (const LinearTerm& one : *form) {
          for (const AxisIndex& at : one.view.index) {
            for (const AxisTerm& each : at.terms) used = used || each.axis == axis;
          }
        }
      }
      if (used) axes.push_back(axis);
    }
    UInt128 sum = 0;
    while (true) {
      sum += static_cast<UInt128>(value(left, index)) * static_cast<UInt128>(value(right, index));
      std::size_t i = 0;
      for (; i < axes.size(); ++i) {
        if (++index[axes[i]] < domain.extent[axes[i]]) break;
        index[axes[i]] = 0;
      }
      if (i == axes.size()) return static_cast<Int128>(sum);
    }
  }

  std::mt19937_64 random_;
  unsigned magnitude_ = 1;
};

void expect_as_defined(const RandomConstraint& made, const BoxValues& values, std::uint64_t seed) {
  ASSERT_EQ(values.size(), static_cast<std::size_t>(made.domain.box_size()));
  std::vector<std::int64_t> index(made.domain.extent.size(), 0);
  for (std::size_t position = 0; position < values.size(); ++position) {
    ASSERT_TRUE(values[position] == made.at(index)) << "seed " << seed << " position " << position;
    for (std::size_t axis = made.domain.box_rank; axis-- > 0;) {
      if (++index[axis] < made.domain.extent[axis]) break;
      index[axis] = 0;
    }
  }
}

TEST(EvaluateBox, AgreesWithTheDefinitionOnRandomConstraints) {
  std::size_t wide = 0;
  std::size_t narrow = 0;
  for (std::uint64_t seed = 0; seed < 3000; ++seed) {
    const RandomConstraint made(seed);
    const BoxValues values = evaluate_box(made.circuit, made.trace, made.domain, made.expression);
    ++(values.is_wide() ? wide : narrow);
    expect_as_defined(made, values, seed);
  }
  EXPECT_GT(wide, 100u);
  EXPECT_GT(narrow, 1000u);
}

TEST(EvaluateBox, AgreesWithTheDefinitionOnConvolutions) {
  for (std::uint64_t seed = 0; seed < 600; ++seed) {
    const RandomConstraint made = RandomConstraint::convolution(seed);
    expect_as_defined(made, evaluate_box(made.circuit, made.trace, made.domain, made.expression), seed);
  }
}

TEST(EvaluateBox, SumsThatLeave64BitsAreExact) {
  Circuit circuit;
  circuit.tensors.push_back(Tensor{"x", {2}, 0, 0, Owner::kWitness, std::nullopt});
  Trace trace = empty_trace(circuit);
  trace.values[0] = {kMin, kMin};
  const Domain whole{{2}, 0};
  const Form x{LinearTerm{1, View{0, {AxisIndex{{AxisTerm{0, 1}}, 0}}}}};
  const Expression square{{}, {ProductTerm{1, x, x}}};
  trace.values[0] = {kMin, 3};
  const BoxValues values = evaluate_box(circuit, trace, whole, square);
  ASSERT_TRUE(values.is_wide());
  EXPECT_TRUE(values[0] == (Int128{1} << 126) + 9);
  trace.values[0] = {kMin, kMin};
  const BoxValues sum = evaluate_box(circuit, trace, whole, linear_expression(x));
  ASSERT_TRUE(sum.is_wide());
  EXPECT_TRUE(sum[0] == Int128{2} * kMin);
  EXPECT_EQ(evaluate_box(circuit, trace, whole, linear_expression(x)).narrowed(), std::vector<std::int64_t>{0});
  trace.values[0] = {3, -4};
  EXPECT_FALSE(evaluate_box(circuit, trace, whole, square).is_wide());
  EXPECT_EQ(evaluate_box(circuit, trace, whole, square).narrowed(), std::vector<std::int64_t>{25});
}

TEST(Trace, NarrowingChangesNoInteger) {
  Circuit circuit;
  for (const Owner owner : {Owner::kModel, Owner::kInput, Owner::kWitness, Owner::kPublic}) {
    circuit.tensors.push_back(Tensor{"t", {3}, 0, 0, owner, std::nullopt});
  }
  Trace trace = empty_trace(circuit);
  trace.shared = {IntegerArray(std::vector<std::int64_t>{1, 2, 3})};
  trace.values = {{}, {-128, 0, 127}, {-129, kMin, 4}, {5, 6, 7}};
  const Trace before = trace;
  narrow(circuit, trace);
  for (TensorId id = 0; id < 4; ++id) {
    for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(trace.tensor(id)[i], before.tensor(id)[i]);
  }
  EXPECT_EQ(trace.tensor(1).width(), IntegerWidth::k8);
  EXPECT_EQ(trace.values[3], before.values[3]);
}

TEST(Trace, ARunsOwnIntegersGoBeforeSharedOnes) {
  Trace trace;
  trace.values.resize(2);
  trace.shared = {IntegerArray(std::vector<std::int64_t>{1, 2}), IntegerArray(std::vector<std::int64_t>{3})};
  trace.values[1] = {5};
  EXPECT_EQ(trace.tensor(0)[1], 2);
  EXPECT_EQ(trace.tensor(1)[0], 5);
  trace.shared.clear();
  EXPECT_TRUE(trace.tensor(0).empty());
}

}  // namespace
}  // namespace veil
