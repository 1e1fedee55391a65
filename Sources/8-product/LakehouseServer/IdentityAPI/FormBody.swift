import Base
import Foundation
import NIOCore

/// The body of a form, `application/x-www-form-urlencoded`, as OAuth sends it.
struct FormBody: Sendable {
    private let values: [String: String]

    /// - Throws: `.invalidInput` if a field is there twice (RFC 6749, section 3.2) or is not decodable.
    init(_ request: ServerRequest) throws(TarnError) {
        guard let text = String(validating: request.body.readableBytesView, as: UTF8.self) else {
            throw Self.malformed
        }
        var values: [String: String] = [:]
        for pair in text.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = Self.decoded(parts[0]),
                let value = Self.decoded(parts.count > 1 ? parts[1] : ""),
                values.updateValue(value, forKey: name) == nil
            else { throw Self.malformed }
        }
        self.values = values
    }

    subscript(name: String) -> String? { values[name] }

    private static func decoded(_ text: Substring) -> String? {
        text.replacing("+", with: " ").removingPercentEncoding
    }

    private static var malformed: TarnError {
        TarnError(.invalidInput, "The request body is no form with each field once.")
    }
}
