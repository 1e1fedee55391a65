/// What the user typed, in the form that the argument parser reads as it was meant.
enum CommandLineWords {
    /// A SQL text that begins with a comment looks like an option: a blank before it makes it an argument.
    ///
    /// No option has a blank or a line end in its name, or anything but a letter at its start.
    ///
    /// - Parameter words: Without the program's name.
    /// - Returns: As many words.
    static func prepared(_ words: [String]) -> [String] {
        words.map { isComment($0) ? " " + $0 : $0 }
    }

    private static func isComment(_ word: String) -> Bool {
        guard word.hasPrefix("--"), word.count > 2 else { return false }
        let rest = word.dropFirst(2)
        if rest.first?.isLetter != true { return true }
        return rest.prefix { $0 != "=" }.contains(where: \.isWhitespace)
    }
}
