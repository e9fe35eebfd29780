// CSV text -> cells. Commas, a header line, double quotes around cells that need them; a byte-order mark and CRLF are
// fine; empty lines are skipped.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace veil {

class CsvTable {
 public:
  // Every row has as many cells as the header; there may be no rows. `where` begins error sentences: "'data.csv'".
  static Result<CsvTable> read(ByteView bytes, const std::string& where);

  const std::vector<std::string>& header() const { return header_; }
  std::size_t rows() const { return cells_.size() / header_.size(); }
  std::string_view cell(std::size_t row, std::size_t column) const;
  std::optional<std::size_t> column(std::string_view name) const;

 private:
  friend class CsvBuilder;
  Status check_header(const std::string& where) const;

  std::vector<std::string> header_;  // unique names
  std::string text_;                 // of all cells, one after the other
  std::vector<std::size_t> cells_;   // where each ends in text_
};

}  // namespace veil
