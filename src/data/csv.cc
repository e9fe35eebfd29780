#include "data/csv.h"

#include <csv.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <set>

#include "data/rows.h"
#include "graph/file_type.h"
#include "graph/text.h"

namespace veil {

// Receives the cells from the parser in C.
class CsvBuilder {
 public:
  CsvBuilder(CsvTable& table, const std::string& where) : table_(table), where_(where) {}

  static void on_cell(void* text, std::size_t size_bytes, void* self) {
    static_cast<CsvBuilder*>(self)->add_cell({static_cast<const char*>(text), size_bytes});
  }
  static void on_row(int, void* self) { static_cast<CsvBuilder*>(self)->end_row(); }

  Status status() const { return error_ ? Status(*error_) : Status(Done{}); }

 private:
  void add_cell(std::string_view text) {
    if (error_) return;
    if (!has_header_) {
      table_.header_.emplace_back(text);
      return;
    }
    table_.text_ += text;
    table_.cells_.push_back(table_.text_.size());
  }

  void end_row() {
    if (!has_header_) {
      has_header_ = true;
      return;
    }
    ++row_;
    const std::size_t width = table_.header_.size();
    if (error_ || table_.cells_.size() == row_ * width) return;
    const std::size_t cells = table_.cells_.size() - (row_ - 1) * width;
    error_ = Error{where_ + " has " + std::to_string(cells) + (cells == 1 ? " cell" : " cells") + " in row " +
                   std::to_string(row_) + " below the header, but " + std::to_string(width) +
                   (width == 1 ? " column" : " columns") +
                   (cells > width ? " (decimal commas, or text with commas and no quotes?)." : ".")};
  }

  CsvTable& table_;
  const std::string& where_;
  bool has_header_ = false;
  std::size_t row_ = 0;
  std::optional<Error> error_;
};

namespace {

Status parse(ByteView bytes, const std::string& where, CsvBuilder& builder) {
  csv_parser parser;
  if (csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI) != 0) return Error{where + " cannot be read: no memory."};
  csv_set_blk_size(&parser, 1 << 16);
  const auto free_parser = [](csv_parser* used) { csv_free(used); };
  const std::unique_ptr<csv_parser, decltype(free_parser)> freed(&parser, free_parser);
  const bool parsed = csv_parse(&parser, bytes.data(), bytes.size(), CsvBuilder::on_cell, CsvBuilder::on_row,
                                &builder) == bytes.size() &&
                      csv_fini(&parser, CsvBuilder::on_cell, CsvBuilder::on_row, &builder) == 0;
  if (!parsed)
    return Error{where + " is no CSV table: a double quote is not closed, or stands in the middle of a cell."};
  return builder.status();
}

ByteView without_byte_order_mark(ByteView bytes) {
  const bool marked = bytes.size() >= 3 && bytes[0] == 0xef && bytes[1] == 0xbb && bytes[2] == 0xbf;
  return marked ? bytes.subspan(3) : bytes;
}

// Numbers that are no names. Whole numbers that grow may be some: years, or the count of the columns as pandas writes
// it.
bool header_is_numbers(const std::vector<std::string>& header) {
  bool grow = true;
  std::optional<double> last;
  for (const std::string& name : header) {
    const auto number = parse_number(name);
    if (!number) return false;
    grow = grow && *number == std::floor(*number) && (!last || *number > *last);
    last = number;
  }
  return !grow;
}

}  // namespace

Status CsvTable::check_header(const std::string& where) const {
  if (header_.empty()) return Error{where + " is empty; it needs a header line and rows."};
  if (header_.size() == 1 && header_[0].find_first_of(";\t") != std::string::npos) {
    return Error{where + " separates its columns by something else than commas; save it with commas."};
  }
  if (header_is_numbers(header_)) {
    return Error{where + " begins with a row of numbers; its first line must be a header, the names of the columns."};
  }
  std::set<std::string_view> seen;
  for (const std::string& name : header_) {
    if (!is_utf8(name)) return Error{where + " is not UTF-8 text (column " + quote(name) + "); save it as UTF-8."};
    if (name.empty() && header_.size() > 1) {
      return Error{where +
                   " has a column without a name: an index, perhaps, that pandas leaves out by index=False, or "
                   "a comma at the end of the lines."};
    }
    if (seen.insert(name).second) continue;
    return Error{where + " has two columns called " + quote(name) +
                 "; the first line must be a header of unique names."};
  }
  return Done{};
}

Result<CsvTable> CsvTable::read(ByteView bytes, const std::string& where) {
  bytes = without_byte_order_mark(bytes);
  const std::string_view type = file_type(bytes).name;
  if (type.starts_with("text in ")) return Error{where + " is " + std::string(type) + "; save it as UTF-8."};
  const bool text = std::find(bytes.begin(), bytes.end(), 0) == bytes.end();
  const bool other = !type.empty() && type != "text" && type != "empty";
  if (!text || other) return Error{where + " is no CSV table" + (other ? it_is(bytes) : ": it is not text") + "."};
  CsvTable table;
  CsvBuilder builder(table, where);
  VEIL_TRY_STATUS(parse(bytes, where, builder));
  VEIL_TRY_STATUS(table.check_header(where));
  return table;
}

std::string_view CsvTable::cell(std::size_t row, std::size_t column) const {
  const std::size_t index = row * header_.size() + column;
  const std::size_t begin = index == 0 ? 0 : cells_[index - 1];
  return std::string_view(text_).substr(begin, cells_[index] - begin);
}

std::optional<std::size_t> CsvTable::column(std::string_view name) const {
  const auto found = std::find(header_.begin(), header_.end(), name);
  if (found == header_.end()) return std::nullopt;
  return static_cast<std::size_t>(found - header_.begin());
}

}  // namespace veil
