// fold_factor against the sum that it is, over every kind of view.
#include "einsum/prove/fold_factor.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>

#include "field/test_support.h"
#include "poly/eq.h"

namespace veil {
namespace {

struct Case {
  Circuit circuit;
  Trace trace;
  Form form;
  Domain domain;
  Term term;
  AxisWeights folded;

  TensorId add(Shape shape, unsigned bits, bool shared, std::mt19937_64& random) {
    std::vector<std::int64_t> values(static_cast<std::size_t>(shape_size(shape)));
    for (std::int64_t& value : values) value = static_cast<std::int64_t>(random()) >> (64 - bits);
    if (bits == 64) values[0] = std::numeric_limits<std::int64_t>::min();
    circuit.tensors.push_back(Tensor{"t", std::move(shape), 0, 0, Owner::kModel, std::nullopt});
    trace.values.emplace_back();
    trace.shared.emplace_back(values);
    if (!shared) trace.values.back() = values;
    return static_cast<TensorId>(circuit.tensors.size() - 1);
  }

  // Axes named in `kept` stay; the others of the form are folded.
  void choose(const std::vector<AxisId>& kept, std::mt19937_64& random) {
    term.domain = &domain;
    term.left = &form;
    term.reduced = kept;
    folded.resize(domain.extent.size());
    for (const AxisId axis : used_axes(form)) {
      if (std::find(kept.begin(), kept.end(), axis) != kept.end()) continue;
      std::vector<Fr> values;
      for (std::int64_t i = 0; i < domain.extent[axis]; ++i) {
        values.push_back(random() % 4 == 0 ? Fr::zero() : random_fr(random));
      }
      folded[axis].values = std::move(values);
    }
  }

  std::vector<Fr> expected() const {
    const BoxValues values = evaluate_form(circuit, trace, domain, form);
    std::vector<Fr> out(std::size_t{1} << term.num_vars());
    std::vector<std::int64_t> index(domain.extent.size(), 0);
    for (std::size_t i = 0; i < values.size(); ++i) {
      Fr weight = Fr::one();
      for (AxisId axis = 0; axis < index.size(); ++axis) {
        if (!folded[axis].values.empty()) weight *= folded[axis].values[static_cast<std::size_t>(index[axis])];
      }
      std::size_t position = 0;
      for (const AxisId axis : term.kept()) {
        position = position << log2_ceil(static_cast<std::size_t>(domain.extent[axis])) |
                   static_cast<std::size_t>(index[axis]);
      }
      out[position] += weight * Fr::from_int128(values[i]);
      for (std::size_t axis = index.size(); axis-- > 0;) {
        if (++index[axis] < domain.extent[axis]) break;
        index[axis] = 0;
      }
    }
    return out;
  }

  void check(const char* what) const { EXPECT_EQ(fold_factor(circuit, trace, form, term, folded), expected()) << what; }
};

AxisIndex at(std::vector<AxisTerm> terms, std::int64_t offset = 0) { return {std::move(terms), offset}; }

// Every order of a matrix's axes, each width, each choice of folded axes.
TEST(FoldFactor, WholeTensorsByAnyAxes) {
  std::mt19937_64 random(1);
  for (const unsigned bits : {8u, 16u, 32u, 64u}) {
    for (const bool shared : {false, true}) {
      for (const auto& axes : std::vector<std::vector<AxisId>>{{0, 1, 2}, {2, 1, 0}, {1, 0, 2}, {0, 2, 1}}) {
        for (const auto& kept : std::vector<std::vector<AxisId>>{{}, {0}, {1}, {2}, {1, 0}, {0, 2}, {0, 1, 2}}) {
          Case c;
          c.domain = {{5, 7, 3}, 0};
          Shape shape;
          for (const AxisId axis : axes) shape.push_back(c.domain.extent[axis]);
          c.form = {LinearTerm{bits == 16 ? -3 : 1, view_by_axes(c.add(shape, bits, shared, random), axes)}};
          c.choose(kept, random);
          c.check("a whole tensor");
        }
      }
    }
  }
}

// Windows that overlap, steps, mirrored axes, parts of tensors: one view inside its tensor.
TEST(FoldFactor, ViewsWithinTheirTensors) {
  std::mt19937_64 random(2);
  for (const auto& kept : std::vector<std::vector<AxisId>>{{2, 3}, {0, 1}, {3}, {0, 2}}) {
    Case c;
    c.domain = {{4, 6, 3, 2}, 2};
    const TensorId image = c.add({9, 7}, 16, true, random);
    c.form = {LinearTerm{2, View{image, {at({{0, 2}, {2, 1}}), at({{1, 1}, {3, 1}})}}}};
    c.choose(kept, random);
    c.check("windows");
    c.form = {LinearTerm{1, View{image, {at({{0, -1}, {2, 1}}, 4), at({{1, -1}, {3, -1}}, 6)}}}};
    c.check("mirrored windows");
  }
}

// Outside its tensor a view reads zero; sums of views; constants; integers that only a lie has.
TEST(FoldFactor, OtherForms) {
  std::mt19937_64 random(3);
  for (const auto& kept : std::vector<std::vector<AxisId>>{{0}, {1}, {0, 1}}) {
    for (const unsigned bits : {8u, 64u}) {
      Case c;
      c.domain = {{6, 5}, 2};
      const TensorId x = c.add({6, 5}, bits, true, random);
      const TensorId y = c.add({5, 6}, bits, false, random);
      c.form = {LinearTerm{1, View{x, {at({{0, 1}}, -2), at({{1, 2}}, -3)}}}};
      c.choose(kept, random);
      c.check("a view that leaves its tensor");
      c.form = {LinearTerm{3, view_by_axes(x, {0, 1})}, LinearTerm{-5, view_by_axes(y, {1, 0})},
                LinearTerm{7, one_view()}};
      c.check("a sum");
    }
  }
}

}  // namespace
}  // namespace veil
