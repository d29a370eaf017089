package io.selfupgrade.upgrade;

import java.math.BigInteger;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.spec.ECFieldFp;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.ECPublicKeySpec;
import java.security.spec.EllipticCurve;
import java.security.spec.RSAPublicKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;

/** Reads public keys in the form that SSH sends them in (RFC 4253, 5656 and 8709). */
final class SshPublicKey {

  static final String ED25519 = "ssh-ed25519";
  static final String RSA = "ssh-rsa";

  /** The curves by the keys' names. */
  static final Map<String, String> CURVES =
      Map.of(
          "ecdsa-sha2-nistp256", "secp256r1",
          "ecdsa-sha2-nistp384", "secp384r1",
          "ecdsa-sha2-nistp521", "secp521r1");

  private static final byte[] ED25519_START = HexFormat.of().parseHex("302a300506032b6570032100");
  private static final int ED25519_BYTES = 32;
  private static final int LEAST_RSA_BITS = 2048;
  private static final int MOST_RSA_BITS = 16384;
  private static final byte UNCOMPRESSED = 4;

  private SshPublicKey() {}

  /** Tells whether keys of that name can be read. */
  static boolean knows(String type) {
    return type.equals(ED25519) || type.equals(RSA) || CURVES.containsKey(type);
  }

  /**
   * Reads a key.
   *
   * @throws IllegalArgumentException if it is none of that type, or too weak
   */
  static PublicKey read(String type, byte[] wire) {
    try {
      ByteBuffer in = ByteBuffer.wrap(wire);
      String named = new String(field(in), StandardCharsets.US_ASCII);
      if (!named.equals(type)) {
        throw new IllegalArgumentException("it is called " + type + " and holds another kind");
      }
      PublicKey key = read(type, in);
      if (in.hasRemaining()) {
        throw new IllegalArgumentException("there is more after its end");
      }
      return key;
    } catch (GeneralSecurityException | BufferUnderflowException e) {
      throw new IllegalArgumentException("it is cut off or damaged", e);
    }
  }

  private static PublicKey read(String type, ByteBuffer in) throws GeneralSecurityException {
    if (type.equals(ED25519)) {
      byte[] point = field(in);
      if (point.length != ED25519_BYTES) {
        throw new IllegalArgumentException("it has " + point.length + " bytes, expected 32");
      }
      byte[] encoded = Arrays.copyOf(ED25519_START, ED25519_START.length + ED25519_BYTES);
      System.arraycopy(point, 0, encoded, ED25519_START.length, ED25519_BYTES);
      return KeyFactory.getInstance("Ed25519").generatePublic(new X509EncodedKeySpec(encoded));
    }
    return type.equals(RSA) ? rsa(in) : ecdsa(type, in);
  }

  private static PublicKey rsa(ByteBuffer in) throws GeneralSecurityException {
    BigInteger exponent = number(in);
    BigInteger modulus = number(in);
    int bits = modulus.bitLength();
    if (bits < LEAST_RSA_BITS || bits > MOST_RSA_BITS) {
      throw new IllegalArgumentException(
          "it has "
              + bits
              + " bits, expected "
              + LEAST_RSA_BITS
              + " to "
              + MOST_RSA_BITS
              + ": make a new one by ssh-keygen -t ed25519");
    }
    return KeyFactory.getInstance("RSA").generatePublic(new RSAPublicKeySpec(modulus, exponent));
  }

  private static PublicKey ecdsa(String type, ByteBuffer in) throws GeneralSecurityException {
    String curve = new String(field(in), StandardCharsets.US_ASCII);
    if (!type.endsWith("-" + curve)) {
      throw new IllegalArgumentException("it is called " + type + " and is on another curve");
    }
    AlgorithmParameters parameters = AlgorithmParameters.getInstance("EC");
    parameters.init(new ECGenParameterSpec(CURVES.get(type)));
    ECParameterSpec spec = parameters.getParameterSpec(ECParameterSpec.class);
    byte[] point = field(in);
    int size = (spec.getCurve().getField().getFieldSize() + 7) / 8;
    if (point.length != 1 + 2 * size || point[0] != UNCOMPRESSED) {
      throw new IllegalArgumentException("its point is of another form than uncompressed");
    }
    BigInteger x = new BigInteger(1, Arrays.copyOfRange(point, 1, 1 + size));
    BigInteger y = new BigInteger(1, Arrays.copyOfRange(point, 1 + size, point.length));
    requireOn(spec, x, y);
    return KeyFactory.getInstance("EC")
        .generatePublic(new ECPublicKeySpec(new ECPoint(x, y), spec));
  }

  private static void requireOn(ECParameterSpec spec, BigInteger x, BigInteger y) {
    EllipticCurve curve = spec.getCurve();
    BigInteger p = ((ECFieldFp) curve.getField()).getP();
    BigInteger right = x.multiply(x).add(curve.getA()).multiply(x).add(curve.getB()).mod(p);
    if (x.compareTo(p) >= 0 || y.compareTo(p) >= 0 || !y.multiply(y).mod(p).equals(right)) {
      throw new IllegalArgumentException("its point is not on its curve");
    }
  }

  private static BigInteger number(ByteBuffer in) {
    byte[] bytes = field(in);
    if (bytes.length == 0 || bytes[0] < 0) {
      throw new IllegalArgumentException("it has a number that is not positive");
    }
    return new BigInteger(bytes);
  }

  private static byte[] field(ByteBuffer in) {
    int length = in.getInt();
    if (length < 0 || length > in.remaining()) {
      throw new BufferUnderflowException();
    }
    byte[] field = new byte[length];
    in.get(field);
    return field;
  }
}
