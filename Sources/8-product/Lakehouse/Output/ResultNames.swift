import Base

/// The names with a number behind each one that came before: `a`, `b`, `a_1`.
package func distinctNames(_ names: [String]) -> [String] {
    var taken = Set(names)
    var seen: Set<String> = []
    return names.map { name in
        if seen.insert(name).inserted { return name }
        var number = 1
        while taken.contains("\(name)_\(number)") { number += 1 }
        let fresh = "\(name)_\(number)"
        taken.insert(fresh)
        seen.insert(fresh)
        return fresh
    }
}

/// Appends `"name":`.
func appendName(_ name: String, to out: inout [UInt8]) {
    appendJSONString(name, to: &out)
    out.append(UInt8(ascii: ":"))
}
