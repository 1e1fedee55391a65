/// The known names that a mistyped one most likely meant, best first.
///
/// - Parameters:
///   - name: The name that was asked for.
///   - known: The names that exist and that the caller may see.
///   - limit: At most so many come back.
/// - Returns: Names within an edit distance of a third of the length (at least 2), case ignored.
package func nearestNames(to name: String, among known: some Sequence<String>, limit: Int = 3) -> [String] {
    let wanted = Array(name.lowercased().utf8)
    let allowed = max(2, wanted.count / 3)
    var found: [(distance: Int, name: String)] = []
    for candidate in known {
        let bytes = Array(candidate.lowercased().utf8)
        if abs(bytes.count - wanted.count) > allowed { continue }
        let distance = editDistance(wanted, bytes)
        if distance <= allowed { found.append((distance, candidate)) }
    }
    found.sort { ($0.distance, $0.name) < ($1.distance, $1.name) }
    return found.prefix(limit).map(\.name)
}

/// " Did you mean a or b?" for an error message, or nothing when no name is near.
package func didYouMean(_ name: String, among known: some Sequence<String>) -> String {
    let names = nearestNames(to: name, among: known)
    return names.isEmpty ? "" : " Did you mean \(names.joined(separator: " or "))?"
}

/// Levenshtein distance over bytes, O(*n m*) time and O(*m*) memory.
private func editDistance(_ a: [UInt8], _ b: [UInt8]) -> Int {
    if a.isEmpty || b.isEmpty { return a.count + b.count }
    var row = Array(0...b.count)
    for i in 1...a.count {
        var diagonal = row[0]
        row[0] = i
        for j in 1...b.count {
            let substitution = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)
            diagonal = row[j]
            row[j] = min(substitution, row[j] + 1, row[j - 1] + 1)
        }
    }
    return row[b.count]
}
