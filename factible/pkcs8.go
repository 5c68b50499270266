package factible

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/des" // the SAT encrypts keys with 3DES
	"crypto/pbkdf2"
	"crypto/sha1" // and derives theirs with HMAC-SHA1
	"crypto/sha256"
	"crypto/sha512"
	"encoding/asn1"
	"errors"
	"hash"
)

var errEncryption = errors.New("CSD.Key is not encrypted as the SAT does: PKCS #8 in DER, " +
	"PBES2 with PBKDF2 (HMAC-SHA-1, 224, 256, 384 or 512), and 3DES or AES in CBC mode")

// maxRounds of PBKDF2 take a second or so. The SAT's keys have 2048.
const maxRounds = 1_000_000

const (
	oidPBES2  = "1.2.840.113549.1.5.13"
	oidPBKDF2 = "1.2.840.113549.1.5.12"
)

// hmacs that PBKDF2 takes. "" is its default.
var hmacs = map[string]func() hash.Hash{
	"":                    sha1.New,
	"1.2.840.113549.2.7":  sha1.New,
	"1.2.840.113549.2.8":  sha256.New224,
	"1.2.840.113549.2.9":  sha256.New,
	"1.2.840.113549.2.10": sha512.New384,
	"1.2.840.113549.2.11": sha512.New,
}

// ciphers in CBC mode, with the bytes of a key.
var ciphers = map[string]struct {
	key int
	new func([]byte) (cipher.Block, error)
}{
	"1.2.840.113549.3.7":      {24, des.NewTripleDESCipher},
	"2.16.840.1.101.3.4.1.2":  {16, aes.NewCipher},
	"2.16.840.1.101.3.4.1.22": {24, aes.NewCipher},
	"2.16.840.1.101.3.4.1.42": {32, aes.NewCipher},
}

// encryptedKey is an EncryptedPrivateKeyInfo (RFC 5958) under PBES2 (RFC 8018).
type encryptedKey struct {
	Algorithm struct {
		ID         asn1.ObjectIdentifier
		Parameters struct {
			Derivation struct {
				ID         asn1.ObjectIdentifier
				Parameters struct {
					Salt      []byte
					Rounds    int
					KeyLength int `asn1:"optional"`
					HMAC      struct {
						ID asn1.ObjectIdentifier
					} `asn1:"optional"`
				}
			}
			Cipher struct {
				ID asn1.ObjectIdentifier
				IV []byte
			}
		}
	}
	Data []byte
}

// decryptKey returns the PKCS #8 key in der. It returns noise for a wrong password.
func decryptKey(der []byte, password string) ([]byte, error) {
	var encrypted encryptedKey
	if rest, err := asn1.Unmarshal(der, &encrypted); err != nil || len(rest) > 0 {
		return nil, errEncryption
	}
	scheme := encrypted.Algorithm.Parameters
	derivation := scheme.Derivation.Parameters
	hmac, knownHMAC := hmacs[derivation.HMAC.ID.String()]
	cbc, knownCipher := ciphers[scheme.Cipher.ID.String()]
	if encrypted.Algorithm.ID.String() != oidPBES2 || scheme.Derivation.ID.String() != oidPBKDF2 ||
		!knownHMAC || !knownCipher || derivation.Rounds < 1 || derivation.Rounds > maxRounds ||
		derivation.KeyLength != 0 && derivation.KeyLength != cbc.key {
		return nil, errEncryption
	}
	key, err := pbkdf2.Key(hmac, password, derivation.Salt, derivation.Rounds, cbc.key)
	if err != nil {
		return nil, err
	}
	block, err := cbc.new(key)
	if err != nil {
		return nil, err
	}
	if len(scheme.Cipher.IV) != block.BlockSize() || len(encrypted.Data)%block.BlockSize() != 0 {
		return nil, errEncryption
	}
	plain := encrypted.Data
	cipher.NewCBCDecrypter(block, scheme.Cipher.IV).CryptBlocks(plain, plain)
	var content asn1.RawValue // without the padding
	_, _ = asn1.Unmarshal(plain, &content)
	return content.FullBytes, nil
}
