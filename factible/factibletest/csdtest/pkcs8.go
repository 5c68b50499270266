package csdtest

import (
	"bytes"
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/des" // the SAT encrypts keys with 3DES
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
)

// Encryption is how a key is encrypted: PBES2 with PBKDF2, and CBC mode.
type Encryption struct {
	HMAC   crypto.Hash // SHA-1, 224, 256, 384 or 512
	Rounds int
	Cipher Cipher
}

// asTheSAT is how the SAT encrypts keys.
var asTheSAT = Encryption{crypto.SHA1, 2048, TripleDES}

// Cipher is a block cipher.
type Cipher struct {
	oid asn1.ObjectIdentifier
	key int // bytes
	new func([]byte) (cipher.Block, error)
}

// The ciphers that the SAT and OpenSSL encrypt keys with.
var (
	TripleDES = Cipher{asn1.ObjectIdentifier{1, 2, 840, 113549, 3, 7}, 24, des.NewTripleDESCipher}
	AES128    = Cipher{asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 1, 2}, 16, aes.NewCipher}
	AES192    = Cipher{asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 1, 22}, 24, aes.NewCipher}
	AES256    = Cipher{asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 1, 42}, 32, aes.NewCipher}
)

// hmacs are the last arc of 1.2.840.113549.2.
var hmacs = map[crypto.Hash]int{crypto.SHA1: 7, crypto.SHA224: 8, crypto.SHA256: 9, crypto.SHA384: 10, crypto.SHA512: 11}

type salted struct {
	Salt   []byte
	Rounds int
	HMAC   pkix.AlgorithmIdentifier
}

// pkcs8 writes a key as PKCS #8 in DER, encrypted unless the password is "".
func (e Encryption) pkcs8(key any, password string) []byte {
	plain := must(x509.MarshalPKCS8PrivateKey(key))
	if password == "" {
		return plain
	}
	of := e.Cipher
	salt := random(8)
	block := must(of.new(must(pbkdf2.Key(e.HMAC.New, password, salt, e.Rounds, of.key))))
	iv := random(block.BlockSize())
	padding := block.BlockSize() - len(plain)%block.BlockSize()
	data := append(plain, bytes.Repeat([]byte{byte(padding)}, padding)...)
	cipher.NewCBCEncrypter(block, iv).CryptBlocks(data, data)
	return der(struct {
		Algorithm pkix.AlgorithmIdentifier
		Data      []byte
	}{algorithm(asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 13}, struct{ Derivation, Cipher pkix.AlgorithmIdentifier }{
		algorithm(asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 12}, salted{salt, e.Rounds,
			algorithm(asn1.ObjectIdentifier{1, 2, 840, 113549, 2, hmacs[e.HMAC]}, asn1.NullRawValue)}),
		algorithm(of.oid, iv),
	}), data})
}

func algorithm(oid asn1.ObjectIdentifier, parameters any) pkix.AlgorithmIdentifier {
	return pkix.AlgorithmIdentifier{Algorithm: oid, Parameters: asn1.RawValue{FullBytes: der(parameters)}}
}

func der(value any) []byte { return must(asn1.Marshal(value)) }

func random(n int) []byte {
	bytes := make([]byte, n)
	_, _ = rand.Read(bytes) // never fails
	return bytes
}
