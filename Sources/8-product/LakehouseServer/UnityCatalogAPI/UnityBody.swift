import Base

/// A JSON object of a request, read strictly: a field of the wrong type or a word that is not known is refused by
/// the field's name; an absent field and `null` are the same.
struct UnityBody: Sendable {
    let object: JSONObject
    /// Where it lies in the request, for messages: `columns[2].`; empty for the body itself.
    let path: String

    /// - Throws: `.invalidInput` if the body is no JSON object.
    init(_ request: ServerRequest) throws(TarnError) {
        guard case .object(let object) = try request.json() else {
            throw TarnError(.invalidInput, "The request body must be a JSON object.")
        }
        self.init(object, at: "")
    }

    init(_ object: JSONObject, at path: String) {
        self.object = object
        self.path = path
    }

    func text(_ name: String) throws(TarnError) -> String? {
        guard let value = value(name) else { return nil }
        guard let text = value.string else { throw wrong(name, "must be a string") }
        if text.utf8.contains(0) { throw wrong(name, "must not hold the character U+0") }
        return text
    }

    func required(_ name: String) throws(TarnError) -> String {
        guard let text = try text(name) else { throw missing(name) }
        if text.isEmpty { throw wrong(name, "must not be empty") }
        return text
    }

    /// A comment: text of at most 65,536 bytes, as in Unity Catalog.
    func comment() throws(TarnError) -> String? {
        let text = try text("comment")
        if let text, text.utf8.count > 65_536 {
            throw wrong("comment", "must not be longer than 65536 bytes")
        }
        return text
    }

    /// One of some words.
    func choice<Word>(_ name: String, of type: Word.Type = Word.self) throws(TarnError) -> Word?
    where Word: RawRepresentable & CaseIterable, Word.RawValue == String {
        guard let text = try text(name) else { return nil }
        guard let word = Word(rawValue: text) else {
            let words = Word.allCases.map(\.rawValue).joined(separator: ", ")
            throw wrong(name, "must be one of \(words)")
        }
        return word
    }

    func requiredChoice<Word>(_ name: String, of type: Word.Type = Word.self) throws(TarnError) -> Word
    where Word: RawRepresentable & CaseIterable, Word.RawValue == String {
        guard let word = try choice(name, of: type) else { throw missing(name) }
        return word
    }

    func flag(_ name: String) throws(TarnError) -> Bool? {
        guard let value = value(name) else { return nil }
        guard let flag = value.bool else { throw wrong(name, "must be true or false") }
        return flag
    }

    /// A whole number; 64-bit ones may come as strings.
    func integer(_ name: String) throws(TarnError) -> Int64? {
        guard let value = value(name) else { return nil }
        guard let number = value.int64 ?? value.string.flatMap({ Int64($0) }) else {
            throw wrong(name, "must be a whole number")
        }
        return number
    }

    func requiredInteger(_ name: String) throws(TarnError) -> Int64 {
        guard let number = try integer(name) else { throw missing(name) }
        return number
    }

    func list(_ name: String) throws(TarnError) -> [JSONValue]? {
        guard let value = value(name) else { return nil }
        guard let items = value.array else { throw wrong(name, "must be a list") }
        return items
    }

    func texts(_ name: String) throws(TarnError) -> [String]? {
        guard let items = try list(name) else { return nil }
        var texts: [String] = []
        for item in items {
            guard let text = item.string else { throw wrong(name, "must be a list of strings") }
            texts.append(text)
        }
        return texts
    }

    /// The objects of a list.
    func objects(_ name: String) throws(TarnError) -> [UnityBody]? {
        guard let items = try list(name) else { return nil }
        var objects: [UnityBody] = []
        for (index, item) in items.enumerated() {
            let place = "\(name)[\(index)]"
            guard let object = item.object else { throw wrong(place, "must be an object") }
            objects.append(UnityBody(object, at: path + place + "."))
        }
        return objects
    }

    func inner(_ name: String) throws(TarnError) -> UnityBody? {
        guard let value = value(name) else { return nil }
        guard let object = value.object else { throw wrong(name, "must be an object") }
        return UnityBody(object, at: path + name + ".")
    }

    func requiredInner(_ name: String) throws(TarnError) -> UnityBody {
        guard let body = try inner(name) else { throw missing(name) }
        return body
    }

    /// Text by name; `nil` where the field is absent.
    func map(_ name: String) throws(TarnError) -> [String: String]? {
        guard let value = value(name) else { return nil }
        guard let object = value.object else { throw wrong(name, "must be an object") }
        var map: [String: String] = [:]
        for (key, value) in object.members where !value.isNull {
            guard let text = value.string else { throw wrong("\(name).\(key)", "must be a string") }
            map[key] = text
        }
        return map
    }

    func value(_ name: String) -> JSONValue? {
        guard let value = object[name], !value.isNull else { return nil }
        return value
    }

    func wrong(_ name: String, _ rule: String) -> TarnError {
        TarnError(.invalidInput, "'\(path)\(name)' \(rule).", context: [("field", path + name)])
    }

    func missing(_ name: String) -> TarnError {
        TarnError(.invalidInput, "'\(path)\(name)' is missing.", context: [("field", path + name)])
    }
}
