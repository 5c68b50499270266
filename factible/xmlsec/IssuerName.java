import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.util.HexFormat;
import javax.security.auth.x500.X500Principal;

/**
 * Reads pairs of lines: a name in DER, as hex, and a text that names the same. Prints a line
 * for each: the name as Java writes it by RFC 2253, and how Java reads the text.
 */
public class IssuerName {
    public static void main(String[] args) throws Exception {
        var in = new BufferedReader(new InputStreamReader(System.in, "UTF-8"));
        var out = new PrintStream(System.out, true, "UTF-8");
        for (String der; (der = in.readLine()) != null; ) {
            out.println(new X500Principal(HexFormat.of().parseHex(der)).getName(X500Principal.RFC2253));
            String text = in.readLine();
            try {
                out.println(new X500Principal(text).getName(X500Principal.RFC2253));
            } catch (IllegalArgumentException e) {
                out.println("refused: " + e.getCause().getMessage());
            }
        }
    }
}
