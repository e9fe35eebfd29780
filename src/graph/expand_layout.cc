// Composite operators that move, repeat, cut or mask elements.
#include <algorithm>
#include <numeric>

#include "base/limits.h"
#include "graph/expansion.h"
#include "graph/shape.h"
#include "graph/text.h"

namespace veil {
namespace {

Result<Integers> given_parts(const Expansion& expansion, std::int64_t length, bool& given) {
  const Call& call = expansion.call();
  given = call.opset >= 13 ? call.has(1) : call.has_attribute("split");
  if (!given) return Integers{};
  VEIL_TRY(parts, call.opset >= 13 ? call.constant_integers(1, "split") : call.integers("split"));
  std::int64_t sum = 0;
  for (const std::int64_t part : parts) {
    if (part < 0 || part > length) return Error{"its parts do not add up to its axis"};
    sum += part;
    if (sum > length) return Error{"its parts do not add up to its axis"};
  }
  if (sum != length) return Error{"its parts do not add up to its axis"};
  return parts;
}

Result<Integers> parts_of(const Expansion& expansion, std::int64_t length) {
  bool given = false;
  VEIL_TRY(parts, given_parts(expansion, length, given));
  const auto outputs = static_cast<std::int64_t>(expansion.output_count());
  VEIL_TRY(wanted, expansion.call().integer("num_outputs", outputs));
  const std::int64_t count = given ? std::ssize(parts) : wanted;
  if (count < outputs || count > kMaxTensorSize) return Error{"it has not one output a part"};
  if (given) return parts;
  const std::int64_t size = (length + count - 1) / count;
  for (std::int64_t i = 0; i < outputs; ++i) {
    const std::int64_t begin = std::min(length, i * size);
    parts.push_back(std::min(length, begin + size) - begin);
  }
  return parts;
}

Status expand_split(Expansion& expansion) {
  VEIL_TRY(given, expansion.call().integer("axis", 0));
  VEIL_TRY(axis, normalise_axis(given, expansion.call().shape(0).size()));
  VEIL_TRY(parts, parts_of(expansion, expansion.call().shape(0)[axis]));
  const ValueId x = expansion.input(0);
  std::int64_t begin = 0;
  for (std::size_t i = 0; i < std::min(parts.size(), expansion.output_count()); ++i) {
    GraphShape shape = expansion.call().shape(0);
    shape[axis] = 0;
    const ValueId part = parts[i] == 0 ? expansion.constant({shape, {}}, expansion.type(x))
                                       : expansion.slice(x, axis, begin, begin + parts[i]);
    expansion.give(i, part);
    begin += parts[i];
  }
  return Done{};
}

Result<std::int64_t> block_size(const Expansion& expansion) {
  VEIL_TRY(size, expansion.call().integer("blocksize", 0));
  if (expansion.call().shape(0).size() != 4) return Error{"its input must have four axes"};
  if (size < 1 || size > (1 << 14)) return Error{"its block size is not possible"};
  return size;
}

Status expand_depth_to_space(Expansion& expansion) {
  VEIL_TRY(size, block_size(expansion));
  VEIL_TRY(mode, expansion.call().text("mode", "DCR"));
  const GraphShape shape = expansion.call().shape(0);
  if (mode != "DCR" && mode != "CRD") return Error{"its mode " + quote(mode) + " is not known"};
  if (shape[1] % (size * size) != 0) return Error{"its channels do not fill blocks"};
  const std::int64_t depth = shape[1] / (size * size);
  const bool depth_last = mode == "DCR";
  const ValueId blocks = depth_last
                             ? expansion.reshape(expansion.input(0), {shape[0], size, size, depth, shape[2], shape[3]})
                             : expansion.reshape(expansion.input(0), {shape[0], depth, size, size, shape[2], shape[3]});
  const ValueId spread =
      expansion.transpose(blocks, depth_last ? Integers{0, 3, 4, 1, 5, 2} : Integers{0, 1, 4, 2, 5, 3});
  expansion.give(0, expansion.reshape(spread, {shape[0], depth, shape[2] * size, shape[3] * size}));
  return Done{};
}

Status expand_space_to_depth(Expansion& expansion) {
  VEIL_TRY(size, block_size(expansion));
  const GraphShape shape = expansion.call().shape(0);
  if (shape[2] % size != 0 || shape[3] % size != 0) return Error{"its image is not cut into whole blocks"};
  const std::int64_t rows = shape[2] / size;
  const std::int64_t columns = shape[3] / size;
  const ValueId blocks = expansion.reshape(expansion.input(0), {shape[0], shape[1], rows, size, columns, size});
  const ValueId moved = expansion.transpose(blocks, {0, 3, 5, 1, 2, 4});
  expansion.give(0, expansion.reshape(moved, {shape[0], shape[1] * size * size, rows, columns}));
  return Done{};
}

Status expand_trilu(Expansion& expansion) {
  VEIL_TRY(upper, expansion.call().integer("upper", 1));
  Integers diagonal{0};
  if (expansion.has(1)) {
    VEIL_TRY(given, expansion.call().constant_integers(1, "k"));
    if (given.size() != 1) return Error{"its input 'k' must be a single number"};
    diagonal = given;
  }
  const GraphShape& shape = expansion.call().shape(0);
  if (shape.size() < 2) return Error{"its input is no matrix"};
  const GraphShape matrix{shape.end()[-2], shape.back()};
  if (!expansion.may_hold(matrix)) return Done{};
  const std::int64_t offset = std::clamp(diagonal[0], -matrix[0] - 1, matrix[1] + 1);
  Array mask{matrix, {}};
  for (std::int64_t row = 0; row < matrix[0]; ++row) {
    for (std::int64_t column = 0; column < matrix[1]; ++column) {
      mask.data.push_back((upper != 0 ? column >= row + offset : column <= row + offset) ? 1 : 0);
    }
  }
  const ValueId x = expansion.input(0);
  const ValueId inside = expansion.constant(std::move(mask), ElementType::kBool);
  expansion.give(0, expansion.type(x) == ElementType::kBool
                        ? expansion.add("And", {x, inside})
                        : expansion.add("Where", {inside, x, expansion.number_like(0, x)}));
  return Done{};
}

// One row of the first two axes read as one axis: where entry (time, batch) of the result comes from.
Result<Integers> reversed_places(const Integers& lengths, std::int64_t times, std::int64_t batches) {
  Integers places;
  for (const std::int64_t length : lengths) {
    if (length < 1 || length > times) return Error{"a length of its sequences is not possible"};
  }
  for (std::int64_t time = 0; time < times; ++time) {
    for (std::int64_t batch = 0; batch < batches; ++batch) {
      const std::int64_t length = lengths[static_cast<std::size_t>(batch)];
      places.push_back((time < length ? length - 1 - time : time) * batches + batch);
    }
  }
  return places;
}

Status expand_reverse_sequence(Expansion& expansion) {
  VEIL_TRY(time_axis, expansion.call().integer("time_axis", 0));
  VEIL_TRY(batch_axis, expansion.call().integer("batch_axis", 1));
  VEIL_TRY(lengths, expansion.call().constant_integers(1, "sequence_lens"));
  const GraphShape shape = expansion.call().shape(0);
  const bool time_first = time_axis == 0 && batch_axis == 1;
  if (shape.size() < 2 || (!time_first && (time_axis != 1 || batch_axis != 0))) {
    return Error{"its time and batch must be the first two axes"};
  }
  const std::int64_t times = shape[time_first ? 0 : 1];
  const std::int64_t batches = shape[time_first ? 1 : 0];
  if (std::ssize(lengths) != batches) return Error{"it must have one length an entry of the batch"};
  if (!expansion.may_hold({times, batches})) return Done{};
  VEIL_TRY(places, reversed_places(lengths, times, batches));
  Integers order(shape.size());
  std::iota(order.begin(), order.end(), 0);
  if (!time_first) std::swap(order[0], order[1]);
  const ValueId turned = expansion.transpose(expansion.input(0), order);
  const auto inner = static_cast<std::int64_t>(split_at(shape, 0, 2).inner);
  const ValueId rows = expansion.reshape(turned, {times * batches, inner});
  const ValueId reversed = expansion.reshape(expansion.gather(rows, 0, places), expansion.shape(turned));
  expansion.give(0, expansion.transpose(reversed, order));
  return Done{};
}

Status expand_center_crop_pad(Expansion& expansion) {
  VEIL_TRY(lengths, expansion.call().constant_integers(1, "shape"));
  VEIL_TRY(axes, expansion.call().integers("axes"));
  const GraphShape shape = expansion.call().shape(0);
  if (!expansion.call().has_attribute("axes")) {
    axes.resize(shape.size());
    std::iota(axes.begin(), axes.end(), 0);
  }
  if (axes.size() != lengths.size()) return Error{"it must have one length an axis"};
  ValueId x = expansion.input(0);
  Integers pads(2 * shape.size(), 0);
  for (std::size_t i = 0; i < axes.size(); ++i) {
    VEIL_TRY(axis, normalise_axis(axes[i], shape.size()));
    if (lengths[i] < 1 || lengths[i] > kMaxTensorSize) return Error{"a length that it asks for is not possible"};
    const std::int64_t more = lengths[i] - shape[axis];
    if (more < 0) x = expansion.slice(x, axis, -more / 2, -more / 2 + lengths[i]);
    if (more <= 0) continue;
    pads[axis] = more / 2;
    pads[shape.size() + axis] = more - more / 2;
  }
  const bool has_pads = std::any_of(pads.begin(), pads.end(), [](std::int64_t pad) { return pad != 0; });
  if (has_pads) x = expansion.add("Pad", {x, expansion.integers(pads)});
  expansion.give(0, x);
  return Done{};
}

// The old Crop: `border` is left, top, right, bottom; `scale`, where given, is the height and width that stay.
Status expand_crop(Expansion& expansion) {
  VEIL_TRY(border, expansion.call().integers("border"));
  VEIL_TRY(scale, expansion.call().integers("scale"));
  const GraphShape& shape = expansion.call().shape(0);
  if (shape.size() != 4) return Error{"its input must have four axes"};
  if (border.size() != 4 || (!scale.empty() && scale.size() != 2)) return Error{"its border or scale is not possible"};
  const std::int64_t height = shape[2];
  const std::int64_t width = shape[3];
  const auto outside = [&](std::int64_t at) { return at < 0 || at > std::max(height, width); };
  if (std::any_of(border.begin(), border.end(), outside) || std::any_of(scale.begin(), scale.end(), outside)) {
    return Error{"its border or scale is not possible"};
  }
  const std::int64_t bottom = scale.empty() ? height - border[3] : border[1] + scale[0];
  const std::int64_t right = scale.empty() ? width - border[2] : border[0] + scale[1];
  if (bottom <= border[1] || right <= border[0] || bottom > height || right > width) {
    return Error{"its border or scale leaves no image"};
  }
  const ValueId rows = expansion.slice(expansion.input(0), 2, border[1], bottom);
  expansion.give(0, expansion.slice(rows, 3, border[0], right));
  return Done{};
}

Status expand_image_scaler(Expansion& expansion) {
  VEIL_TRY(bias, expansion.call().reals("bias"));
  VEIL_TRY(scale, expansion.call().real("scale", 1));
  const GraphShape& shape = expansion.call().shape(0);
  if (shape.size() != 4) return Error{"its input must have four axes"};
  if (!bias.empty() && std::ssize(bias) != shape[1]) return Error{"its bias has not one number a channel"};
  ValueId x = expansion.binary("Mul", expansion.input(0), scale);
  if (!bias.empty()) {
    const ValueId list = expansion.constant({{std::ssize(bias)}, bias}, expansion.type(x));
    x = expansion.add("Add", {x, expansion.along_axis(list, 1, 4)});
  }
  expansion.give(0, x);
  return Done{};
}

Status expand_affine(Expansion& expansion) {
  VEIL_TRY(alpha, expansion.call().real("alpha", 1));
  VEIL_TRY(beta, expansion.call().real("beta", 0));
  expansion.give(0, expansion.binary("Add", expansion.binary("Mul", expansion.input(0), alpha), beta));
  return Done{};
}

// The name of ScatterElements before opset 11.
Status expand_scatter(Expansion& expansion) {
  VEIL_TRY(axis, expansion.call().integer("axis", 0));
  expansion.give(0, expansion.add("ScatterElements", {expansion.input(0), expansion.input(1), expansion.input(2)},
                                  {{"axis", axis}}));
  return Done{};
}

constexpr Operator kOperators[] = {
    {"Split", 1, 2, " axis split num_outputs ", nullptr, nullptr, expand_split},
    {"DepthToSpace", 1, 1, " blocksize mode ", nullptr, nullptr, expand_depth_to_space},
    {"SpaceToDepth", 1, 1, " blocksize ", nullptr, nullptr, expand_space_to_depth},
    {"Trilu", 1, 2, " upper ", nullptr, nullptr, expand_trilu},
    {"ReverseSequence", 2, 2, " batch_axis time_axis ", nullptr, nullptr, expand_reverse_sequence},
    {"CenterCropPad", 2, 2, " axes ", nullptr, nullptr, expand_center_crop_pad},
    {"Crop", 1, 1, " border scale ", nullptr, nullptr, expand_crop},
    {"ImageScaler", 1, 1, " bias scale ", nullptr, nullptr, expand_image_scaler},
    {"Affine", 1, 1, " alpha beta ", nullptr, nullptr, expand_affine},
    {"Scatter", 3, 3, " axis ", nullptr, nullptr, expand_scatter},
};

}  // namespace

std::span<const Operator> layout_composites() { return kOperators; }

}  // namespace veil
