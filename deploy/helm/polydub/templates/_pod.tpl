{{- define "polydub.podSecurity" -}}
{{- with .Values.podSecurityContext -}}
securityContext:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "polydub.containerSecurity" -}}
{{- with .Values.containerSecurityContext -}}
securityContext:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* One variable from a Secret: dict name, secret, key. */}}
{{- define "polydub.secretEnv" -}}
- name: {{ .name }}
  valueFrom:
    secretKeyRef: {name: {{ .secret }}, key: {{ .key }}}
{{- end }}

{{/* The secrets that every process needs. */}}
{{- define "polydub.commonEnv" -}}
{{- $own := include "polydub.secrets" . }}
{{- with .Values.nats.existingSecret }}
{{ include "polydub.secretEnv" (dict "name" "POLYDUB_NATS_URL" "secret" . "key" "url") }}
{{- end }}
{{- if and (eq .Values.store.kind "s3") (eq .Values.store.s3.credentials "keys") }}
{{- $secret := .Values.store.s3.existingSecret | default $own }}
{{ include "polydub.secretEnv" (dict "name" "POLYDUB_S3_ACCESS_KEY" "secret" $secret "key" "access-key") }}
{{ include "polydub.secretEnv" (dict "name" "POLYDUB_S3_SECRET_KEY" "secret" $secret "key" "secret-key") }}
{{- end }}
{{- with .Values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* Settings by their short names: dict prefix, settings. */}}
{{- define "polydub.settingsEnv" -}}
{{- range $key, $value := .settings }}
- name: {{ $.prefix }}{{ $key }}
  value: {{ if kindIs "string" $value }}{{ $value | quote }}{{ else }}{{ toJson $value | quote }}{{ end }}
{{- end }}
{{- end }}

{{- define "polydub.volumeMounts" -}}
- {name: tmp, mountPath: /tmp}
{{- if eq .root.Values.store.kind "local" }}
- {name: store, mountPath: /store}
{{- end }}
{{- if .models }}
- {name: models, mountPath: /models, readOnly: true}
{{- end }}
{{- if .root.Values.debug.enabled }}
- {name: code, mountPath: /opt/service}
{{- end }}
{{- end }}

{{/* dict root, scratch (its size), models (whether). */}}
{{- define "polydub.volumes" -}}
{{- $name := include "polydub.fullname" .root }}
- name: tmp
  emptyDir: {sizeLimit: {{ .scratch }}}
{{- if eq .root.Values.store.kind "local" }}
- name: store
  persistentVolumeClaim:
    claimName: {{ .root.Values.store.local.existingClaim | default (printf "%s-store" $name) }}
{{- end }}
{{- if .models }}
- name: models
  persistentVolumeClaim:
    claimName: {{ .root.Values.models.existingClaim | default (printf "%s-models" $name) }}
{{- end }}
{{- if .root.Values.debug.enabled }}
- name: code
  emptyDir: {}
{{- end }}
{{- end }}

{{/* While debugging, the code lies where skaffold may write: dict root, image. */}}
{{- define "polydub.debugCopy" -}}
- name: code
  image: {{ .image }}
  command: [cp, -r, /opt/service/., /code]
  {{- include "polydub.containerSecurity" .root | nindent 2 }}
  resources: {limits: {memory: 128Mi}}
  volumeMounts:
    - {name: code, mountPath: /code}
{{- end }}

{{- define "polydub.debugCommand" -}}
command: [tini, --, watchfiles, --filter, python]
args: ["python -m debugpy --listen 0.0.0.0:5678 -m polydub_{{ . }}", /opt/service]
{{- end }}

{{/* Where replicas go: dict root, component, set (its values), gpu (or an empty one), class. */}}
{{- define "polydub.placement" -}}
{{- $gpu := and .gpu .gpu.enabled }}
{{- with .set.priorityClassName | default (ternary (include "polydub.priorityClass" .) "" .root.Values.priorityClasses.create) }}
priorityClassName: {{ . }}
{{- end }}
{{- if and $gpu .gpu.runtimeClassName }}
runtimeClassName: {{ .gpu.runtimeClassName }}
{{- end }}
{{- with merge (deepCopy .set.nodeSelector) (ternary .gpu.nodeSelector dict (not (not $gpu))) }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with concat .set.tolerations (ternary .gpu.tolerations list (not (not $gpu))) }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .set.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.topologySpread.keys }}
topologySpreadConstraints:
  {{- range . }}
  - maxSkew: 1
    topologyKey: {{ . }}
    whenUnsatisfiable: {{ $.set.whenUnsatisfiable | default $.root.Values.topologySpread.whenUnsatisfiable }}
    nodeTaintsPolicy: Honor
    labelSelector:
      matchLabels:
        {{- include "polydub.selector" $ | nindent 8 }}
  {{- end }}
{{- end }}
{{- end }}

{{- define "polydub.pull" -}}
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* The data volume of a StatefulSet, by the values of its component. */}}
{{- define "polydub.claim" -}}
- metadata: {name: data}
  spec:
    accessModes: [ReadWriteOnce]
    {{- with .storageClassName }}
    storageClassName: {{ . }}
    {{- end }}
    resources: {requests: {storage: {{ .storageSize }}}}
{{- end }}
