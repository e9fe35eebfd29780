#include "data/npy.h"

#include <bit>
#include <cstring>
#include <optional>
#include <string_view>

#include "base/limits.h"
#include "data/rows.h"
#include "graph/file_type.h"
#include "graph/shape.h"
#include "graph/text.h"

namespace veil {
namespace {

static_assert(std::endian::native == std::endian::little);

struct NpyHeader {
  std::string type;  // "<f8"
  bool fortran_order = false;
  GraphShape shape;
};

// Reads {'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }
class HeaderParser {
 public:
  explicit HeaderParser(std::string_view text) : text_(text) {}

  std::optional<NpyHeader> read() {
    NpyHeader header;
    if (!skip('{')) return std::nullopt;
    unsigned seen = 0;
    while (!skip('}')) {
      const auto key = string();
      if (!key || !skip(':')) return std::nullopt;
      const bool known = (*key == "descr" && type(header.type)) ||
                         (*key == "fortran_order" && boolean(header.fortran_order)) ||
                         (*key == "shape" && shape(header.shape));
      if (!known) return std::nullopt;
      ++seen;
      skip(',');
    }
    return seen == 3 ? std::optional(header) : std::nullopt;
  }

 private:
  void skip_space() { text_.remove_prefix(std::min(text_.find_first_not_of(" \t\n"), text_.size())); }

  bool skip(char wanted) {
    skip_space();
    if (text_.empty() || text_[0] != wanted) return false;
    text_.remove_prefix(1);
    return true;
  }

  bool skip_word(std::string_view word) {
    skip_space();
    if (!text_.starts_with(word)) return false;
    text_.remove_prefix(word.size());
    return true;
  }

  std::optional<std::string> string() {
    if (!skip('\'')) return std::nullopt;
    const std::size_t end = text_.find('\'');
    if (end == std::string_view::npos) return std::nullopt;
    std::string out(text_.substr(0, end));
    text_.remove_prefix(end + 1);
    return out;
  }

  // A list in place of a string describes records, which have no number as their element.
  bool type(std::string& out) {
    const auto text = string();
    if (text) out = *text;
    return text.has_value();
  }

  bool boolean(bool& out) {
    out = skip_word("True");
    return out || skip_word("False");
  }

  bool shape(GraphShape& out) {
    if (!skip('(')) return false;
    while (!skip(')')) {
      skip_space();
      const std::size_t digits = std::min(text_.find_first_not_of("0123456789"), text_.size());
      if (digits == 0 || digits > 18 || out.size() == kMaxRank + 1) return false;
      out.push_back(std::stoll(std::string(text_.substr(0, digits))));
      text_.remove_prefix(digits);
      skip(',');
    }
    return true;
  }

  std::string_view text_;
};

// The header's text; moves `in` to the numbers.
std::optional<std::string_view> header_text(Reader& in) {
  constexpr std::string_view kMagic = "\x93NUMPY";
  const auto magic = in.take(kMagic.size());
  if (!magic || std::memcmp(magic->data(), kMagic.data(), kMagic.size()) != 0) return std::nullopt;
  const auto major = in.u8();
  if (!major || !in.u8() || *major < 1 || *major > 3) return std::nullopt;
  const auto length_bytes = in.take(*major == 1 ? 2 : 4);
  if (!length_bytes) return std::nullopt;
  std::size_t length = 0;
  for (std::size_t i = length_bytes->size(); i-- > 0;) length = length << 8 | (*length_bytes)[i];
  const auto text = in.take(length);
  if (!text) return std::nullopt;
  return std::string_view(reinterpret_cast<const char*>(text->data()), text->size());
}

template <class Stored>
bool convert(ByteView raw, std::vector<double>& out) {
  if (raw.size() / sizeof(Stored) < out.size()) return false;
  for (std::size_t i = 0; i < out.size(); ++i) {
    Stored value;
    std::memcpy(&value, raw.data() + i * sizeof(Stored), sizeof(Stored));
    out[i] = static_cast<double>(value);
  }
  return true;
}

struct ElementReader {
  std::string_view type;  // without the mark of the byte order
  std::size_t size_bytes;
  bool (*convert)(ByteView raw, std::vector<double>& out);
};

constexpr ElementReader kReaders[] = {
    {"f4", 4, convert<float>},         {"f8", 8, convert<double>},        {"i1", 1, convert<std::int8_t>},
    {"i2", 2, convert<std::int16_t>},  {"i4", 4, convert<std::int32_t>},  {"i8", 8, convert<std::int64_t>},
    {"u1", 1, convert<std::uint8_t>},  {"u2", 2, convert<std::uint16_t>}, {"u4", 4, convert<std::uint32_t>},
    {"u8", 8, convert<std::uint64_t>}, {"b1", 1, convert<std::uint8_t>},
};

const ElementReader* find_reader(std::string_view type) {
  if (type.empty() || (type[0] != '<' && type[0] != '|' && type[0] != '=')) return nullptr;
  for (const ElementReader& reader : kReaders) {
    if (reader.type == type.substr(1)) return &reader;
  }
  return nullptr;
}

// The numbers stand with the first axis running fastest; put the last one there.
Array from_fortran_order(const Array& in) {
  GraphShape strides(in.shape.size(), 1);
  for (std::size_t axis = 1; axis < strides.size(); ++axis) strides[axis] = strides[axis - 1] * in.shape[axis - 1];
  Array out{in.shape, {}};
  out.data.reserve(in.data.size());
  walk(in.shape, std::array{strides},
       [&](const auto& at) { out.data.push_back(in.data[static_cast<std::size_t>(at[0])]); });
  return out;
}

}  // namespace

Result<Array> read_npy(ByteView bytes, const std::string& where) {
  Reader in(bytes);
  const auto text = header_text(in);
  if (!text) return Error{where + " is not an NPY array of numpy, or it is cut short" + it_is(bytes) + "."};
  const auto header = HeaderParser(*text).read();
  if (!header) return Error{where + " has an NPY header that is not supported; save a plain array of numbers."};
  const ElementReader* reader = find_reader(header->type);
  if (reader == nullptr) {
    return Error{
        where + " has the element type " + quote(header->type) +
        "; save numbers (in Python: array.astype(\"float32\")): little-endian f4, f8, i1 to i8, u1 to u8 or b1."};
  }
  const auto count = element_count(header->shape);
  if (!count) return Error{where + " is too large: " + shape_text(header->shape) + "."};
  const auto size = static_cast<std::size_t>(*count);
  if (in.remaining() / reader->size_bytes < size) {
    return Error{where + " is cut short: its shape " + shape_text(header->shape) + " needs more data than it has."};
  }
  Array array{header->shape, std::vector<double>(size)};
  VEIL_CHECK(reader->convert(*in.take(in.remaining()), array.data));
  return header->fortran_order ? from_fortran_order(array) : array;
}

Result<DataSet> read_npy_rows(ByteView bytes, const std::string& where, const std::vector<InputSpec>& inputs) {
  if (inputs.size() > 1) {
    return Error{"The model has " + std::to_string(inputs.size()) + " inputs, but " + where +
                 " holds one array; give an NPZ file with one array an input, by name."};
  }
  std::vector<InputArray> out;
  if (!inputs.empty()) {
    VEIL_TRY(array, read_npy(bytes, where));
    VEIL_TRY(rows, rows_of(std::move(array), inputs[0], where));
    out.push_back(std::move(rows));
  }
  return data_set_of(std::move(out), inputs, where);
}

}  // namespace veil
