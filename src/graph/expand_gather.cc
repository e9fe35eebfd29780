// GatherND as Gather of whole rows: the index along all the axes that it names together.
#include <algorithm>

#include "graph/expansion.h"
#include "graph/shape.h"
#include "graph/text.h"

namespace veil {
namespace {

struct GatherForm {
  std::size_t batch;  // axes in front that data and indices share
  std::size_t depth;  // axes after these that an index names
};

Result<GatherForm> gather_form(const Call& call) {
  const GraphShape& data = call.shape(0);
  const GraphShape& indices = call.shape(1);
  VEIL_TRY(batch, call.integer("batch_dims", 0));
  const auto rank = static_cast<std::int64_t>(data.size());
  if (is_real(call.in(1).type)) return Error{"its indices must be integers"};
  bool fits = !indices.empty() && batch >= 0 && batch < static_cast<std::int64_t>(indices.size()) && batch < rank &&
              indices.back() >= 1 && indices.back() <= rank - batch;
  for (std::int64_t axis = 0; fits && axis < batch; ++axis) {
    fits = data[static_cast<std::size_t>(axis)] == indices[static_cast<std::size_t>(axis)];
  }
  if (!fits) {
    return Error{"its indices of shape " + shape_text(indices) + " do not fit its data of shape " + shape_text(data)};
  }
  return GatherForm{static_cast<std::size_t>(batch), static_cast<std::size_t>(indices.back())};
}

Status check_constant_indices(const Call& call, const GatherForm& form) {
  const Array* indices = call.inputs[1]->constant;
  if (indices == nullptr) return Done{};
  for (std::size_t i = 0; i < indices->data.size(); ++i) {
    const std::int64_t length = call.shape(0)[form.batch + i % form.depth];
    const std::int64_t index = to_integer(indices->data[i]);
    if (index < -length || index >= length) {
      return Error{"index " + std::to_string(index) + " lies outside an axis of length " + std::to_string(length)};
    }
  }
  return Done{};
}

// For every batch the first row of its own, in a shape that broadcasts over `rank` axes.
ValueId batch_starts(Expansion& expansion, const GraphShape& batch, std::int64_t rows, std::size_t rank) {
  GraphShape shape = batch;
  shape.resize(rank, 1);
  if (!expansion.may_hold(shape)) return expansion.input(0);
  Array starts{shape, std::vector<double>(size_of(shape))};
  for (std::size_t i = 0; i < starts.data.size(); ++i)
    starts.data[i] = static_cast<double>(i) * static_cast<double>(rows);
  return expansion.constant(std::move(starts), expansion.type(expansion.input(1)));
}

Status expand_gather_nd(Expansion& expansion) {
  VEIL_TRY(form, gather_form(expansion.call()));
  VEIL_TRY_STATUS(check_constant_indices(expansion.call(), form));
  const GraphShape data = expansion.call().shape(0);
  const GraphShape indices = expansion.call().shape(1);
  const auto named = data.begin() + static_cast<std::ptrdiff_t>(form.batch);
  const auto rest = named + static_cast<std::ptrdiff_t>(form.depth);
  const GraphShape lengths(named, rest), steps = strides_of(lengths);
  const ElementType type = expansion.type(expansion.input(1));
  const auto list = [&](const GraphShape& numbers) {
    return expansion.constant({{std::ssize(numbers)}, {numbers.begin(), numbers.end()}}, type);
  };
  ValueId index = expansion.input(1);
  const ValueId negative = expansion.binary("Less", index, 0);
  index = expansion.add("Where", {negative, expansion.add("Add", {index, list(lengths)}), index});
  index = expansion.reduce("ReduceSum", expansion.add("Mul", {index, list(steps)}),
                           {static_cast<std::int64_t>(indices.size()) - 1}, false);
  if (form.batch > 0) {
    const std::int64_t rows = element_count(lengths).value_or(1);
    const ValueId starts = batch_starts(expansion, {data.begin(), named}, rows, indices.size() - 1);
    index = expansion.add("Add", {index, starts});
  }
  GraphShape flat{element_count({data.begin(), rest}).value_or(1)};
  flat.insert(flat.end(), rest, data.end());
  expansion.give(0, expansion.add("Gather", {expansion.reshape(expansion.input(0), flat), index}));
  return Done{};
}

constexpr Operator kOperators[] = {
    {"GatherND", 2, 2, " batch_dims ", nullptr, nullptr, expand_gather_nd},
};

}  // namespace

std::span<const Operator> gather_composites() { return kOperators; }

}  // namespace veil
