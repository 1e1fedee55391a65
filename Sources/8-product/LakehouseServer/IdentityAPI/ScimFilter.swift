import Base
import Catalog

/// A filter of one comparison: `userName eq "ada@example.org"` (RFC 7644, section 3.4.2.2).
///
/// What identity providers send to find out whether somebody is there; more than one comparison is refused.
struct ScimFilter {
    enum Comparison: String { case eq, ne, co, sw, ew }
    let attribute: String
    let comparison: Comparison
    let value: String

    /// - Throws: `.invalidInput` for everything else.
    init(_ text: String) throws(TarnError) {
        let parts = text.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: true)
        guard parts.count == 3, let comparison = Comparison(rawValue: parts[1].lowercased()),
            let value = try? JSONValue.parse(Array(parts[2].utf8))
        else {
            throw TarnError(
                .invalidInput,
                "The filter must be one comparison with eq, ne, co, sw or ew, such as userName eq \"ada\".")
        }
        let attribute = parts[0].lowercased()
        guard
            [
                "id", "username", "displayname", "externalid", "active", "emails.value", "emails",
                "applicationid",
            ]
            .contains(attribute)
        else { throw TarnError(.invalidInput, "The filter names an attribute that cannot be filtered by.") }
        switch value {
        case .string(let text): self.value = text
        case .bool(let flag): self.value = String(flag)
        default:
            throw TarnError(.invalidInput, "The filter's value must be a text in quotes, or true or false.")
        }
        self.attribute = attribute
        self.comparison = comparison
    }

    /// Whether it asks for one name, so that one look-up answers it.
    func name(of kind: ScimKind) -> String? {
        guard comparison == .eq else { return nil }
        let names =
            kind == .users ? ["username", "emails.value", "emails"] : [kind.nameAttribute.lowercased()]
        return names.contains(attribute) ? value : nil
    }

    func matches(_ entry: PrincipalEntry) -> Bool {
        let found: String
        switch attribute {
        case "id": found = entry.id
        case "externalid":
            guard let id = entry.externalID else { return comparison == .ne }
            found = id
        case "active": found = String(entry.isActive)
        case "displayname" where entry.kind != .group: found = entry.displayName ?? entry.name
        default: found = entry.name
        }
        // Ids and what the provider calls it have a case, names have none.
        let hasCase = attribute == "id" || attribute == "externalid"
        let (left, right) = hasCase ? (found, value) : (NameRules.key(of: found), NameRules.key(of: value))
        return switch comparison {
        case .eq: left == right
        case .ne: left != right
        case .co: left.contains(right)
        case .sw: left.hasPrefix(right)
        case .ew: left.hasSuffix(right)
        }
    }
}
