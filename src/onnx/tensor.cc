#include "onnx/tensor.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "base/limits.h"
#include "graph/shape.h"
#include "graph/text.h"
#include "onnx.pb.h"

namespace veil {
namespace {

using onnx::TensorProto;
static_assert(std::endian::native == std::endian::little, "raw_data is little endian");

double half_to_double(std::uint16_t bits) {
  const int exponent = (bits >> 10) & 31;
  const double fraction = bits & 1023;
  const double sign = (bits >> 15) != 0 ? -1 : 1;
  if (exponent == 31) return fraction == 0 ? sign * HUGE_VAL : std::nan("");
  return sign * (exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(fraction + 1024, exponent - 25));
}

double bfloat16_to_double(std::uint16_t bits) {
  return static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16));
}

template <class Stored>
double number(Stored value) {
  return static_cast<double>(value);
}

template <class Stored, double (*kConvert)(Stored)>
bool read_raw(const std::string& raw, std::vector<double>& out) {
  if (raw.size() / sizeof(Stored) != out.size() || raw.size() % sizeof(Stored) != 0) return false;
  for (std::size_t i = 0; i < out.size(); ++i) {
    Stored value;
    std::memcpy(&value, raw.data() + i * sizeof(Stored), sizeof(Stored));
    out[i] = kConvert(value);
  }
  return true;
}

// Typed fields; narrow types sit in int32_data, half floats there as their bits.
template <class Stored, double (*kConvert)(Stored), class Field>
bool read_field(const Field& field, std::vector<double>& out) {
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = kConvert(static_cast<Stored>(field[static_cast<int>(i)]));
  return true;
}

template <class Stored, double (*kConvert)(Stored), class Field>
bool read_either(const TensorProto& tensor, const Field& field, std::vector<double>& out) {
  return tensor.has_raw_data() ? read_raw<Stored, kConvert>(tensor.raw_data(), out)
                               : read_field<Stored, kConvert>(field, out);
}

bool read_numbers(const TensorProto& tensor, std::vector<double>& out) {
  switch (tensor.data_type()) {
    case TensorProto::FLOAT:
      return read_either<float, number<float>>(tensor, tensor.float_data(), out);
    case TensorProto::DOUBLE:
      return read_either<double, number<double>>(tensor, tensor.double_data(), out);
    case TensorProto::INT64:
      return read_either<std::int64_t, number<std::int64_t>>(tensor, tensor.int64_data(), out);
    case TensorProto::INT32:
      return read_either<std::int32_t, number<std::int32_t>>(tensor, tensor.int32_data(), out);
    case TensorProto::INT8:
      return read_either<std::int8_t, number<std::int8_t>>(tensor, tensor.int32_data(), out);
    case TensorProto::UINT8:
    case TensorProto::BOOL:
      return read_either<std::uint8_t, number<std::uint8_t>>(tensor, tensor.int32_data(), out);
    case TensorProto::FLOAT16:
      return read_either<std::uint16_t, half_to_double>(tensor, tensor.int32_data(), out);
    case TensorProto::BFLOAT16:
      return read_either<std::uint16_t, bfloat16_to_double>(tensor, tensor.int32_data(), out);
    default:
      return false;
  }
}

// Entries that the typed field of the tensor's type holds.
std::size_t field_size(const TensorProto& tensor) {
  switch (tensor.data_type()) {
    case TensorProto::FLOAT:
      return static_cast<std::size_t>(tensor.float_data_size());
    case TensorProto::DOUBLE:
      return static_cast<std::size_t>(tensor.double_data_size());
    case TensorProto::INT64:
      return static_cast<std::size_t>(tensor.int64_data_size());
    default:
      return static_cast<std::size_t>(tensor.int32_data_size());
  }
}

Status check_place(const TensorProto& tensor, const std::string& what) {
  if (tensor.data_location() == TensorProto::EXTERNAL) {
    return Error{what + " keeps its numbers in another file; save the model as one file (in Python: " +
                 "onnx.save(onnx.load(PATH), NEW_PATH, save_as_external_data=False))."};
  }
  if (tensor.has_segment()) return Error{what + " is a segment of a larger tensor, which is not supported."};
  return Done{};
}

}  // namespace

Result<TypedTensor> read_tensor(const TensorProto& tensor, const std::string& what) {
  TypedTensor out{element_type_from_onnx(tensor.data_type()), {{tensor.dims().begin(), tensor.dims().end()}, {}}};
  if (out.type == ElementType::kOther) {
    return Error{what + " has an element type that is not supported (" +
                 (TensorProto::DataType_IsValid(tensor.data_type())
                      ? TensorProto::DataType_Name(static_cast<TensorProto::DataType>(tensor.data_type()))
                      : std::to_string(tensor.data_type())) +
                 ")."};
  }
  VEIL_TRY_STATUS(check_place(tensor, what));
  const auto count = element_count(out.array.shape);
  if (!count || out.array.shape.size() > kMaxRank) {
    return Error{what + " has an impossible shape, " + shape_text(out.array.shape) + "."};
  }
  const auto size = static_cast<std::size_t>(*count);
  // Every stored entry takes a byte at least, so this bounds the allocation by the file's size.
  const std::size_t stored = tensor.has_raw_data() ? tensor.raw_data().size() : field_size(tensor);
  if (size <= stored) out.array.data.resize(size);
  const bool complete = size <= stored && (tensor.has_raw_data() || stored == size);
  if (!complete || !read_numbers(tensor, out.array.data)) {
    return Error{what + " of shape " + shape_text(out.array.shape) +
                 " does not hold as much data as its shape needs: the file is damaged."};
  }
  return out;
}

Status check_no_nan(const Array& array, const std::string& what) {
  const bool any = std::any_of(array.data.begin(), array.data.end(), [](double value) { return std::isnan(value); });
  if (any) return Error{what + " contains NaN, so the model cannot be right."};
  return Done{};
}

}  // namespace veil
