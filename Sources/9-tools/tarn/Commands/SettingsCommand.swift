import ArgumentParser
import Base
import Lakehouse

struct SettingsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "settings", abstract: "Show the settings in force.",
        discussion: """
            Each comes from --set, else the environment, else tarn.yaml in the home, else its default.

            Examples:
              tarn settings
              TARN_ENGINE_THREADS=2 tarn settings --json
            """)

    @OptionGroup var options: HomeOptions
    @OptionGroup var output: JSONOption

    func run() async throws {
        let settings = try options.settings()
        let rows = SettingDefinition.all.map { definition in
            [
                definition.name, definition.value(in: settings), definition.environmentName,
                definition.summary,
            ]
        }
        try printList(["setting", "value", "environment", "meaning"], rows, asJSON: output.isJSON)
    }
}
